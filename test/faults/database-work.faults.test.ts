import { testEveryCall } from './calls.ts';
import { databaseFaults } from './database-faults.ts';

testEveryCall('work', { faults: databaseFaults, each: 'call', occurrences: 'once' });
testEveryCall('work', { faults: databaseFaults, each: 'call', occurrences: 'often' });
