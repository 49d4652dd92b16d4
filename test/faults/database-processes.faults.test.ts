import { StoreTemplate } from '../support/images/put-image.ts';
import { testEveryCall } from './calls.ts';
import { databaseFaults } from './database-faults.ts';
import { IMAGE, useImages } from './scenarios/processes.ts';

useImages(new StoreTemplate(IMAGE));

testEveryCall('processes', { faults: databaseFaults, each: 'call', occurrences: 'once' });
testEveryCall('processes', { faults: databaseFaults, each: 'call', occurrences: 'often' });
