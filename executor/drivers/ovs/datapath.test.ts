import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chooseDatapath, findKernelModule, listsModule } from './datapath.ts';

describe('the datapath', () => {
  it.each([
    [[], 'absent', 'netdev'],
    [['netdev', 'system'], 'absent', 'netdev'],
    [[], 'installed', 'system'],
    [['netdev', 'system'], 'installed', 'system'],
    [['netdev', 'system'], 'loaded', 'system'],
    [['netdev'], 'loaded', 'netdev'],
  ] as const)('of %j with the module %s is %s', (built, module, datapath) => {
    expect(chooseDatapath({ built, module })).toBe(datapath);
  });
});

describe('the kernel module', () => {
  it.each([
    ['kernel/net/openvswitch/openvswitch.ko: kernel/net/nsh/nsh.ko', true],
    ['kernel/a.ko:\nkernel/net/openvswitch/openvswitch.ko.xz: kernel/net/nsh/nsh.ko', true],
    ['kernel/net/openvswitch/openvswitch.ko\n', true],
    ['kernel/net/openvswitch/vport-vxlan.ko: kernel/net/openvswitch/openvswitch.ko', false],
    ['', false],
  ])('is found in a list of depmod: %j', (list, found) => {
    expect(listsModule(list)).toBe(found);
  });

  it('is absent without a list, and installed with one that has it', () => {
    const directory = mkdtempSync(join(tmpdir(), 'modules-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const without = findKernelModule(directory);
    writeFileSync(join(directory, 'modules.dep'), 'kernel/net/openvswitch/openvswitch.ko.zst:\n');
    // Where this kernel has it loaded, it is that in any case.
    expect([without, findKernelModule(directory)]).toEqual(
      without === 'loaded' ? ['loaded', 'loaded'] : ['absent', 'installed'],
    );
  });
});
