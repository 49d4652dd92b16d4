import { describe, expect, test } from 'vitest';
import { type SeccompSource, seccompProfile } from './seccomp.ts';

const SOURCE: SeccompSource = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 38,
  archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
  syscalls: [
    { names: ['read'], action: 'SCMP_ACT_ALLOW', args: [], includes: {}, excludes: {} },
    { names: ['mount'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN'] } },
    { names: ['mount'], action: 'SCMP_ACT_ERRNO', errnoRet: 1, excludes: { caps: ['CAP_SYS_ADMIN'] } },
    { names: ['arch_prctl'], action: 'SCMP_ACT_ALLOW', includes: { arches: ['amd64'] } },
  ],
};

describe('a seccomp profile', () => {
  test('refuses what needs a capability that the container lacks', () => {
    expect(seccompProfile(SOURCE, [], 'arm64').syscalls).toEqual([
      { names: ['read'], action: 'SCMP_ACT_ALLOW' },
      { names: ['mount'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
    ]);
  });

  test('allows what the capabilities and the architecture allow', () => {
    const profile = seccompProfile(SOURCE, ['CAP_SYS_ADMIN'], 'amd64');
    expect(profile.architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
    expect(profile.defaultErrnoRet).toBe(38);
    expect(profile.syscalls.map(({ names, action }) => [names[0], action])).toEqual([
      ['read', 'SCMP_ACT_ALLOW'],
      ['mount', 'SCMP_ACT_ALLOW'],
      ['arch_prctl', 'SCMP_ACT_ALLOW'],
    ]);
  });
});
