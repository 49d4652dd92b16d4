import { StoreTemplate } from '../support/images/put-image.ts';
import { testEveryCall } from './calls.ts';
import { databaseFaults } from './database-faults.ts';
import { IMAGE, useImages } from './scenarios/processes.ts';

/* All calls at once, each with another fault; `npm run faults` disturbs each of them by itself. */

useImages(new StoreTemplate(IMAGE));

testEveryCall('processes', { faults: databaseFaults, each: 'mixed', occurrences: 'once' });
