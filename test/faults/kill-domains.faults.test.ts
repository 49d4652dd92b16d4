import { surviveEveryKill } from './killing.ts';
import { testEveryPlace } from './places.ts';

testEveryPlace('domains', { survive: surviveEveryKill, kills: true });
