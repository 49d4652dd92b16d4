import { surviveEveryKill } from './killing.ts';
import { testEveryPlace } from './places.ts';

testEveryPlace('networkUndo', { survive: surviveEveryKill, kills: true });
