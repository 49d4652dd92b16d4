import { afterAll } from 'vitest';
import { clearIsolation } from '../support/addressing.ts';
import { StoreTemplate } from '../support/images/put-image.ts';
import { surviveEveryKill } from './killing.ts';
import { testEveryPlace } from './places.ts';
import { IMAGE, useImages } from './scenarios/processes.ts';

useImages(new StoreTemplate(IMAGE));
afterAll(clearIsolation);

testEveryPlace('processes', { survive: surviveEveryKill, kills: true });
