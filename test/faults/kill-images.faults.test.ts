import { surviveEveryKill } from './killing.ts';
import { testEveryPlace } from './places.ts';

testEveryPlace('images', { survive: surviveEveryKill, kills: true });
