import { testEveryCall } from './calls.ts';
import { databaseFaults } from './database-faults.ts';

/* All calls of a scenario at once go wrong every third time or so; `npm run faults` does it with each of them by itself. */

testEveryCall('work', { faults: databaseFaults, each: 'fault', occurrences: 'often' });
testEveryCall('sweep', { faults: databaseFaults, each: 'fault', occurrences: 'often' });
testEveryCall('start', { faults: databaseFaults, each: 'fault', occurrences: 'often' });
