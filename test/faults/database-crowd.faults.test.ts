import { testEveryCall } from './calls.ts';
import { databaseFaults } from './database-faults.ts';

testEveryCall('crowd', { faults: databaseFaults, each: 'call', occurrences: 'often' });
