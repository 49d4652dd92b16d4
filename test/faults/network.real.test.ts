import { surviveEveryHalt } from './halting.ts';
import { testEveryPlace } from './places.ts';

testEveryPlace('network', { survive: surviveEveryHalt });
