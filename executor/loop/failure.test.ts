import { expect, it } from 'vitest';
import { RuntimeError } from '../drivers/oci/runtime/errors.ts';
import { InstallationError } from '../host/installation.ts';
import { failureOf } from './failure.ts';

it('an installation that failed ends the operation with a 422 that says what to do', () => {
  const error = new InstallationError('containers', ['runc'], { code: 'unsupported', detail: 'E: no network' });
  expect(failureOf(error)).toMatchObject({
    problem: { status: 422, message: 'install runc: E: no network', hint: expect.stringContaining('npm run setup') },
    transient: false,
    away: false,
  });
});

it('a program that was removed is no internal error', () => {
  const error = new RuntimeError('missing_program', 'start the process of c1', 'the host has no runc');
  expect(failureOf(error)).toMatchObject({ problem: { status: 422 }, transient: false });
});
