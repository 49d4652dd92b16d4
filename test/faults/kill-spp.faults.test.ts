import { surviveEveryKill } from './killing.ts';
import { testEveryPlace } from './places.ts';

testEveryPlace('spp', { survive: surviveEveryKill, kills: true });
