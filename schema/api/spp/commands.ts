/*
 * Commands to SPP processes as operations store them. The executor's driver translates them for each process' version.
 */

export type ComponentType = 'forward' | 'merge' | 'classifier' | 'mirror';

/** What a port does to the VLAN tag of its packets. */
export type VlanTag =
  | { readonly operation: 'add'; readonly id: number; readonly priority: number }
  | { readonly operation: 'remove' };

export type StartComponent = {
  readonly kind: 'start-component';
  readonly name: string;
  readonly core: number;
  readonly type: ComponentType;
};
export type AttachPort = {
  readonly kind: 'attach-port';
  readonly port: string;
  readonly direction: 'rx' | 'tx';
  readonly component: string;
  readonly vlan?: VlanTag;
};
export type AddClassifier = {
  readonly kind: 'add-classifier';
  readonly mac: string;
  readonly port: string;
  readonly vlanId: number | null;
};
export type AddPort =
  | { readonly kind: 'add-port'; readonly port: string }
  | { readonly kind: 'add-pipe'; readonly port: string; readonly rx: string; readonly tx: string };
export type Patch = { readonly kind: 'patch'; readonly source: string; readonly destination: string };
export type Forward = { readonly kind: 'forward' } | { readonly kind: 'start-capture' };

/** Commands with a lasting effect on the process, which are replayed when it reconnects without it. */
export type SettingCommand = StartComponent | AttachPort | AddClassifier | AddPort | Patch | Forward;

export type SppCommand =
  | SettingCommand
  | { readonly kind: 'stop-component'; readonly name: string }
  | { readonly kind: 'detach-port'; readonly port: string; readonly direction: 'rx' | 'tx'; readonly component: string }
  | { readonly kind: 'remove-classifier'; readonly mac: string; readonly port: string; readonly vlanId: number | null }
  | { readonly kind: 'remove-port'; readonly port: string }
  | { readonly kind: 'reset-patches' | 'stop' | 'stop-capture' | 'clear' | 'exit' }
  /** No process has such a command: all patches are reset and the others are set again. */
  | { readonly kind: 'drop-patch'; readonly source: string; readonly destination: string };

export type ProcessType = 'primary' | 'vf' | 'nfv' | 'mirror' | 'pcap';

/** The request that is stored in the operation of a command. */
export interface SppRequest {
  /** Client id; 0: the primary. */
  readonly process: number;
  readonly type: ProcessType;
  readonly command: SppCommand;
}

/** The kind of the operation of each command. */
export const operationKinds: Readonly<Record<SppCommand['kind'], string>> = {
  'start-component': 'spp.component.start',
  'stop-component': 'spp.component.stop',
  'attach-port': 'spp.port.attach',
  'detach-port': 'spp.port.detach',
  'add-classifier': 'spp.classifier.add',
  'remove-classifier': 'spp.classifier.remove',
  'add-port': 'spp.port.add',
  'add-pipe': 'spp.port.add',
  'remove-port': 'spp.port.remove',
  patch: 'spp.patch.add',
  'drop-patch': 'spp.patch.remove',
  'reset-patches': 'spp.patch.reset',
  forward: 'spp.forward.start',
  stop: 'spp.forward.stop',
  'start-capture': 'spp.capture.start',
  'stop-capture': 'spp.capture.stop',
  clear: 'spp.status.clear',
  exit: 'spp.exit',
};

export const REPLAY = 'spp.replay';

/** The subject of every change of a process. */
export function processSubject(hypervisor: string, process: number): string {
  return `hypervisors/${hypervisor}/spp/${process === 0 ? 'primary' : process}`;
}

export function processOfSubject(subject: string): number {
  const name = subject.slice(subject.lastIndexOf('/') + 1);
  return name === 'primary' ? 0 : Number(name);
}
