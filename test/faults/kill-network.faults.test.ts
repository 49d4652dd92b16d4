import { surviveEveryKill } from './killing.ts';
import { testEveryPlace } from './places.ts';

testEveryPlace('network', { survive: surviveEveryKill, kills: true });
