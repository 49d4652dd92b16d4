import { testEveryCall } from './calls.ts';
import { databaseFaults } from './database-faults.ts';

/* A third of all calls of a scenario fail at once; `npm run faults` disturbs each of them by itself. */

testEveryCall('work', { faults: databaseFaults, each: 'fault', occurrences: 'often' });
testEveryCall('sweep', { faults: databaseFaults, each: 'fault', occurrences: 'often' });
testEveryCall('start', { faults: databaseFaults, each: 'fault', occurrences: 'often' });
