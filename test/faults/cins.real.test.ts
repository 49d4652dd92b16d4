import { afterAll } from 'vitest';
import { clearIsolation } from '../support/addressing.ts';
import { surviveEveryHalt } from './halting.ts';
import { testEveryPlace } from './places.ts';

afterAll(clearIsolation);

testEveryPlace('cins', {
  survive: surviveEveryHalt,
  only: ['make a CEN of a CIN', 'destroy the first CEN of a CIN', 'delete a CIN', 'a CIN whose block the host uses'],
});
