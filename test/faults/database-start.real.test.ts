import { testEveryCall } from './calls.ts';
import { databaseFaults } from './database-faults.ts';

/* A few calls at once; `npm run faults` does it with each of them by itself. */

testEveryCall('start', { faults: databaseFaults, each: 'group', occurrences: 'once' });
