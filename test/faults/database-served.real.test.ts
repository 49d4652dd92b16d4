import { testEveryCall } from './calls.ts';
import { openServed, remoteFaults } from './remote-faults.ts';

/* The database behind a libSQL server; `npm run faults` disturbs each call by itself, and all calls with each fault. */

const served = { faults: remoteFaults, openDatabase: openServed, each: 'mixed', occurrences: 'once' } as const;

testEveryCall('work', served);
testEveryCall('start', served);
