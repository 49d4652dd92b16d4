import { expect, test } from 'vitest';
import { runtimeConfiguration } from './configuration.ts';

test.each([
  [0, 14],
  [1000, 0],
])('a process of user %i holds %i capabilities, and gains none', (uid, count) => {
  const { process, linux } = runtimeConfiguration({
    image: {
      entrypoint: [],
      command: ['sh'],
      environment: [],
      user: '',
      workingDirectory: '',
      exposedPorts: [],
      volumes: [],
      stopSignal: null,
    },
    overrides: {},
    user: { uid, gid: 0, additionalGids: [], home: '/' },
    hostname: 'h',
    root: '/r',
    networkNamespace: '/run/netns/n',
    cgroupsPath: '/c',
    limits: { memory: null, cpus: null },
    pidsLimit: null,
    mounts: [],
    seccomp: { defaultAction: 'SCMP_ACT_ERRNO', architectures: [], syscalls: [] },
    annotations: {},
  });
  expect(process.capabilities.effective).toHaveLength(count);
  expect(process.noNewPrivileges).toBe(true);
  expect(linux.namespaces).toContainEqual({ type: 'network', path: '/run/netns/n' });
});
