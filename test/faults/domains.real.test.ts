import { surviveEveryHalt } from './halting.ts';
import { testEveryPlace } from './places.ts';

testEveryPlace('domains', { survive: surviveEveryHalt });
