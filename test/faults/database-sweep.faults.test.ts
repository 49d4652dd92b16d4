import { testEveryCall } from './calls.ts';
import { databaseFaults } from './database-faults.ts';

testEveryCall('sweep', { faults: databaseFaults, each: 'call', occurrences: 'once' });
testEveryCall('sweep', { faults: databaseFaults, each: 'call', occurrences: 'often' });
