import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoopTimes } from '../../executor/loop/times.ts';
import { temporaryDirectory } from './database.ts';
import { LibvirtDaemon, virsh } from './libvirt-daemon.ts';
import { LocalWeft } from './local-weft.ts';
import { OvsDaemons } from './ovs-daemons.ts';
import { whenFinished } from './shared.ts';

/** A host with a libvirtd and an Open vSwitch of its own, which has the bridges br0 and br1. */
export class NetworkHost {
  readonly libvirt: LibvirtDaemon;
  readonly ovs: OvsDaemons;

  private constructor(libvirt: LibvirtDaemon, ovs: OvsDaemons) {
    this.libvirt = libvirt;
    this.ovs = ovs;
  }

  /** It ends with the test, or with the suite that shares it. */
  static async start(): Promise<NetworkHost> {
    const libvirt = await LibvirtDaemon.start();
    whenFinished(() => libvirt.stop());
    const ovs = await OvsDaemons.start();
    whenFinished(() => ovs.close());
    for (const bridge of ['br0', 'br1']) addBridge(ovs, bridge);
    return new NetworkHost(libvirt, ovs);
  }

  /** weft's variables. */
  get environment() {
    return {
      WEFT_LIBVIRT_URI: `qemu+unix:///system?socket=${this.libvirt.socket}`,
      WEFT_OVS_SOCKET: this.ovs.socket,
    };
  }

  /** weft on this host; what it leaves in libvirt is removed with the test. */
  async weft(times: Partial<LoopTimes> = {}): Promise<LocalWeft> {
    whenFinished(() => this.clear());
    return LocalWeft.start({ environment: this.environment, times });
  }

  /** What virsh prints; throws what it says if it fails. */
  async virsh(...words: readonly string[]): Promise<string> {
    const { code, output } = await virsh(this.libvirt, ...words);
    if (code !== 0) throw new Error(`virsh ${words.join(' ')}: ${output}`);
    return output;
  }

  /** Has libvirt define a network of somebody else, or replace a definition. */
  async define(xml: string): Promise<void> {
    const file = join(temporaryDirectory(), 'network.xml');
    writeFileSync(file, xml);
    await this.virsh('net-define', file);
  }

  async redefine(name: string, change: (xml: string) => string): Promise<void> {
    await this.define(change(await this.virsh('net-dumpxml', '--inactive', name)));
  }

  /** The networks as `virsh net-list --all` shows them: name, state, autostart, persistent. */
  async networks(): Promise<string[][]> {
    const lines = (await this.virsh('net-list', '--all')).split('\n');
    return lines.map((line) => line.trim().split(/\s+/)).filter(([name]) => name !== '' && name !== undefined);
  }

  /** Removes all networks of libvirt. */
  async clear(): Promise<void> {
    for (const [name = '', state, , persistent] of await this.networks()) {
      if (state === 'active') await this.virsh('net-destroy', name);
      if (persistent === 'yes') await this.virsh('net-undefine', name);
    }
  }
}

/** On a machine without the kernel's module, too. */
export function addBridge(ovs: OvsDaemons, name: string): void {
  ovs.vsctl('add-br', name, '--', 'set', 'bridge', name, 'datapath_type=netdev');
}
