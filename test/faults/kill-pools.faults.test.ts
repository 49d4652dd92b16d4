import { afterAll } from 'vitest';
import { clearIsolation } from '../support/addressing.ts';
import { surviveEveryKill } from './killing.ts';
import { testEveryPlace } from './places.ts';

afterAll(clearIsolation);

testEveryPlace('pools', { survive: surviveEveryKill, kills: true });
