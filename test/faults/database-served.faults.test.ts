import { StoreTemplate } from '../support/images/put-image.ts';
import { testEveryCall } from './calls.ts';
import { type DatabaseScenarioName, databaseScenarios } from './database/all.ts';
import { openServed, remoteFaults } from './remote-faults.ts';
import { IMAGE, useImages } from './scenarios/processes.ts';

useImages(new StoreTemplate(IMAGE));

for (const name of Object.keys(databaseScenarios) as DatabaseScenarioName[]) {
  testEveryCall(name, { faults: remoteFaults, openDatabase: openServed, each: 'call', occurrences: 'once' });
  testEveryCall(name, { faults: remoteFaults, openDatabase: openServed, each: 'fault', occurrences: 'often' });
}
