import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';

/** `system`: the kernel's datapath; `netdev`: the one in ovs-vswitchd itself. */
export type Datapath = 'system' | 'netdev';

export interface DatapathFacts {
  /** Open_vSwitch.datapath_types: what ovs-vswitchd was built with; empty if it has never run. */
  readonly built: readonly string[];
  /** Whether the kernel has its module `openvswitch`, or can load it. */
  readonly module: 'loaded' | 'installed' | 'absent';
}

/** The kernel's datapath is some ten times as fast, and needs its module. */
export function chooseDatapath({ built, module }: DatapathFacts): Datapath {
  if (module === 'absent') return 'netdev';
  return built.length === 0 || built.includes('system') ? 'system' : 'netdev';
}

/**
 * Looks for the kernel's module. An installed one is loaded by the kernel when ovs-vswitchd asks for its netlink family.
 *
 * @param directory of the modules of the running kernel
 */
export function findKernelModule(directory = `/lib/modules/${release()}`): DatapathFacts['module'] {
  if (existsSync('/sys/module/openvswitch')) return 'loaded';
  const lists = ['modules.builtin', 'modules.dep'].map((name) => `${directory}/${name}`);
  return lists.some((path) => existsSync(path) && listsModule(readFileSync(path, 'utf8'))) ? 'installed' : 'absent';
}

/** Whether a modules.builtin or modules.dep (depmod(8)) has the module, compressed or not. */
export function listsModule(list: string): boolean {
  return /^\S*\/openvswitch\.ko/m.test(list);
}
