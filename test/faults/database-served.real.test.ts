import { testEveryCall } from './calls.ts';
import { openServed, remoteFaults } from './remote-faults.ts';

/* The database behind a libSQL server; `npm run faults` does it with each call by itself, and each fault of all calls. */

const served = { faults: remoteFaults, openDatabase: openServed, each: 'mixed', occurrences: 'once' } as const;

testEveryCall('work', served);
testEveryCall('start', served);
