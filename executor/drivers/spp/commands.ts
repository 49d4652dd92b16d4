import {
  checkedMac,
  checkedName,
  checkedNumber,
  checkedPort,
  checkedVlanId,
  checkedVlanPriority,
} from './arguments.ts';
import { SppError } from './errors.ts';
import type { ProcessType, ProtocolVersion } from './protocol-version.ts';

export type ComponentType = 'forward' | 'merge' | 'classifier' | 'mirror';

/** What a port does to the VLAN tag of its packets. */
export type VlanTag =
  | { readonly operation: 'add'; readonly id: number; readonly priority: number }
  | { readonly operation: 'remove' };

/** Of a vf and, but for VLAN and classifier, of a mirror. */
export type ComponentCommand =
  | { readonly kind: 'start-component'; readonly name: string; readonly core: number; readonly type: ComponentType }
  /** If it does not exist: success. */
  | { readonly kind: 'stop-component'; readonly name: string }
  | {
      readonly kind: 'attach-port';
      readonly port: string;
      readonly direction: 'rx' | 'tx';
      readonly component: string;
      readonly vlan?: VlanTag;
    }
  /** If it is not attached: success. */
  | { readonly kind: 'detach-port'; readonly port: string; readonly direction: 'rx' | 'tx'; readonly component: string }
  | {
      readonly kind: 'add-classifier' | 'remove-classifier';
      /** Written with colons, or `default`. */
      readonly mac: string;
      readonly port: string;
      /** Null: matches by the address alone. */
      readonly vlanId: number | null;
    };

/** Of an nfv and of a primary of 2019 or later. */
export type PatchCommand =
  | { readonly kind: 'forward' | 'stop' | 'reset-patches' }
  | { readonly kind: 'add-port'; readonly port: string }
  /** A primary's pipe between two rings. */
  | { readonly kind: 'add-pipe'; readonly port: string; readonly rx: string; readonly tx: string }
  | { readonly kind: 'remove-port'; readonly port: string }
  | { readonly kind: 'patch'; readonly source: string; readonly destination: string };

export type SppCommand =
  | ComponentCommand
  | PatchCommand
  /** Resets a primary's counters. */
  | { readonly kind: 'clear' }
  | { readonly kind: 'start-capture' | 'stop-capture' }
  /** Ends the process. */
  | { readonly kind: 'exit' };

const PATCHING: readonly ProcessType[] = ['nfv', 'primary'];
const COMPONENTS: readonly ProcessType[] = ['vf', 'mirror'];

const TAKEN_BY: Readonly<Record<SppCommand['kind'], readonly ProcessType[]>> = {
  'start-component': COMPONENTS,
  'stop-component': COMPONENTS,
  'attach-port': COMPONENTS,
  'detach-port': COMPONENTS,
  'add-classifier': ['vf'],
  'remove-classifier': ['vf'],
  forward: PATCHING,
  stop: PATCHING,
  'reset-patches': PATCHING,
  'add-port': PATCHING,
  'add-pipe': ['primary'],
  'remove-port': PATCHING,
  patch: PATCHING,
  clear: ['primary'],
  'start-capture': ['pcap'],
  'stop-capture': ['pcap'],
  exit: ['primary', 'vf', 'nfv', 'mirror', 'pcap'],
};

export const STATUS = 'status';

/**
 * The command in the syntax of the process.
 *
 * @throws SppError `invalid` if no such process supports it, or not with these arguments
 */
export function encode(command: SppCommand, type: ProcessType, protocolVersion: ProtocolVersion): string {
  const action = `${command.kind} on a ${type}`;
  if (!TAKEN_BY[command.kind].includes(type)) throw new SppError('invalid', action, `a ${type} has no such command`);
  if (type === 'primary' && !protocolVersion.forwardingPrimary && command.kind !== 'clear' && command.kind !== 'exit') {
    throw new SppError('invalid', action, 'this primary is too old for it');
  }
  switch (command.kind) {
    case 'start-component':
      return startComponent(command, type, protocolVersion, action);
    case 'stop-component':
      return `component stop ${checkedName(command.name, action)}`;
    case 'attach-port':
      return `port add ${attachment(command, action)}${vlanTag(command.vlan, type, action)}`;
    case 'detach-port':
      return `port del ${attachment(command, action)}`;
    case 'add-classifier':
      return `classifier_table add ${classification(command, action)}`;
    case 'remove-classifier':
      return `classifier_table del ${classification(command, action)}`;
    case 'reset-patches':
      return 'patch reset';
    case 'add-port':
      return `add ${portWords(command.port, protocolVersion, action)}`;
    case 'add-pipe':
      return `add ${portWords(command.port, protocolVersion, action)} ${checkedPort(command.rx, action)} ${checkedPort(command.tx, action)}`;
    case 'remove-port':
      return `del ${portWords(command.port, protocolVersion, action)}`;
    case 'patch':
      return `patch ${checkedPort(command.source, action)} ${checkedPort(command.destination, action)}`;
    case 'start-capture':
      return 'start';
    case 'stop-capture':
      return 'stop';
    case 'forward':
    case 'stop':
    case 'clear':
    case 'exit':
      return command.kind;
  }
}

function startComponent(
  { name, core, type }: Extract<SppCommand, { kind: 'start-component' }>,
  process: ProcessType,
  protocolVersion: ProtocolVersion,
  action: string,
): string {
  if ((type === 'mirror') !== (process === 'mirror')) {
    throw new SppError('invalid', action, `a ${process} has no components of type ${type}`);
  }
  const word = type === 'classifier' ? protocolVersion.classifier : type;
  return `component start ${checkedName(name, action)} ${checkedNumber(core, 'core', action)} ${word}`;
}

function attachment(
  { port, direction, component }: { port: string; direction: 'rx' | 'tx'; component: string },
  action: string,
): string {
  return `${checkedPort(port, action)} ${direction} ${checkedName(component, action)}`;
}

function vlanTag(tag: VlanTag | undefined, type: ProcessType, action: string): string {
  if (tag === undefined) return '';
  if (type !== 'vf') throw new SppError('invalid', action, `a ${type} leaves VLAN tags alone`);
  if (tag.operation === 'remove') return ' del_vlantag';
  return ` add_vlantag ${checkedVlanId(tag.id, action)} ${checkedVlanPriority(tag.priority, action)}`;
}

function classification(
  { mac, port, vlanId }: { mac: string; port: string; vlanId: number | null },
  action: string,
): string {
  const kind = vlanId === null ? 'mac' : `vlan ${checkedVlanId(vlanId, action)}`;
  return `${kind} ${checkedMac(mac, action)} ${checkedPort(port, action)}`;
}

/** Two words for an nfv of 2018 and before. */
function portWords(port: string, protocolVersion: ProtocolVersion, action: string): string {
  const checked = checkedPort(port, action);
  return protocolVersion.portSyntax === 'old' ? checked.replace(':', ' ') : checked;
}
