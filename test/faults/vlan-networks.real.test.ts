import { surviveEveryHalt } from './halting.ts';
import { testEveryPlace } from './places.ts';

testEveryPlace('vlanNetworks', { survive: surviveEveryHalt });
