import type { LibvirtCaller } from './connection.ts';
import type { Deadlines } from './deadlines.ts';
import { procedures } from './protocol/remote.ts';

/** The machine, as libvirt sees it. */
export interface Host {
  /** The first call may take seconds, in which libvirtd finds out about its hypervisors. */
  version(): Promise<LibvirtVersion>;
  node(): Promise<NodeInfo>;
  /** What its hypervisors can do: the XML document of `virsh capabilities`. The first call may take seconds, too. */
  capabilities(): Promise<string>;
}

export interface LibvirtVersion {
  /** Of libvirt: `9.0.0`. */
  readonly library: string;
  /** Of the hypervisor, such as QEMU: `7.2.19`. */
  readonly hypervisor: string;
}

export interface NodeInfo {
  /** The architecture: `x86_64`. */
  readonly model: string;
  readonly memoryKib: number;
  readonly cpus: number;
}

export function hostOf(caller: LibvirtCaller, { readMs, changeMs }: Deadlines): Host {
  return {
    async version() {
      const [{ libVer }, { hvVer }] = await Promise.all([
        caller.call(procedures.connectGetLibVersion, undefined, readMs),
        caller.call(procedures.connectGetVersion, undefined, changeMs),
      ]);
      return { library: versionText(libVer), hypervisor: versionText(hvVer) };
    },
    async node() {
      const { model, memory, cpus } = await caller.call(procedures.nodeGetInfo, undefined, readMs);
      const end = model.indexOf(0);
      return { model: String.fromCharCode(...model.slice(0, end)), memoryKib: Number(memory), cpus };
    },
    async capabilities() {
      return (await caller.call(procedures.connectGetCapabilities, undefined, changeMs)).capabilities;
    },
  };
}

/** A million times the major number, a thousand times the minor one, and the release. */
function versionText(version: bigint): string {
  const number = Number(version);
  return [Math.floor(number / 1_000_000), Math.floor(number / 1_000) % 1_000, number % 1_000].join('.');
}
