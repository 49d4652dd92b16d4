import { afterAll } from 'vitest';
import { clearIsolation } from '../support/addressing.ts';
import { surviveEveryHalt } from './halting.ts';
import { testEveryPlace } from './places.ts';

afterAll(clearIsolation);

testEveryPlace('pools', { survive: surviveEveryHalt, only: ['make a pool', 'scale a pool down'] });
