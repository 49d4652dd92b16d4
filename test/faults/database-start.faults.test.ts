import { testEveryCall } from './calls.ts';
import { databaseFaults } from './database-faults.ts';

testEveryCall('start', { faults: databaseFaults, each: 'call', occurrences: 'once' });
testEveryCall('start', { faults: databaseFaults, each: 'call', occurrences: 'often' });
