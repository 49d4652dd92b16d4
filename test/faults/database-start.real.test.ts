import { testEveryCall } from './calls.ts';
import { databaseFaults } from './database-faults.ts';

/* A few calls at once; `npm run faults` disturbs each of them by itself. */

testEveryCall('start', { faults: databaseFaults, each: 'group', occurrences: 'once' });
