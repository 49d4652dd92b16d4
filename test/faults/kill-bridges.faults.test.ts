import { surviveEveryKill } from './killing.ts';
import { testEveryPlace } from './places.ts';

testEveryPlace('bridges', { survive: surviveEveryKill, kills: true });
