import { surviveEveryKill } from './killing.ts';
import { testEveryPlace } from './places.ts';

testEveryPlace('vlanNetworks', { survive: surviveEveryKill, kills: true });
