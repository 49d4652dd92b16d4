import { afterAll } from 'vitest';
import { clearIsolation } from '../support/addressing.ts';
import { StoreTemplate } from '../support/images/put-image.ts';
import { surviveEveryHalt } from './halting.ts';
import { testEveryPlace } from './places.ts';
import { IMAGE, useImages } from './scenarios/processes.ts';

useImages(new StoreTemplate(IMAGE));
afterAll(clearIsolation);

testEveryPlace('processes', {
  survive: surviveEveryHalt,
  only: [
    'repair of a namespace that was deleted under a process',
    'run a container whose image is not there',
    'run a container whose image is fetched',
    'start a running process',
    'run another program, which fails',
    'limit a process',
    'scale a pool of an image in a CIN up',
    'scale a pool of an image in a CIN down',
  ],
});
