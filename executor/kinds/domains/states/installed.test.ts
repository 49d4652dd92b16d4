import { expect, test } from 'vitest';
import { installationEnd } from './installed.ts';

test.each([true, false])('an installer that powers off or reboots is done; started then: %s', (start) => {
  const end = { is: 'installed', isStarted: start };
  expect(installationEnd('shutdown', 'guest', start)).toEqual(end);
  expect(installationEnd('shutdown', null, start)).toEqual(end);
});

test.each([
  ['destroyed', null, 'it is off (destroyed)'],
  ['crashed', null, 'it is off (crashed)'],
  ['unknown', null, 'it is off (unknown)'],
  ['shutdown', 'host', 'its QEMU was ended by a signal'],
] as const)('%s by %s is no end of an installation', (reason, requestedBy, how) => {
  expect(installationEnd(reason, requestedBy, true)).toEqual({
    is: 'failed',
    detail: `the installation did not come to its end: ${how}`,
  });
});
