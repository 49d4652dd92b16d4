import type { SettingCommand, SppCommand, VlanTag } from '../../../schema/api/spp/commands.ts';
import { canonicalMac, canonicalPort } from '../../../schema/api/spp/values.ts';
import type { AttachedPort, NfvStatus, ProcessStatus, VfStatus } from '../../drivers/spp/driver.ts';

/**
 * Whether a status shows the effect of the command: then the command need not be sent again. An effect that no status
 * shows counts as missing, since all such commands may be repeated. Pure.
 */
export function isDone(command: SppCommand, status: ProcessStatus): boolean {
  switch (status.type) {
    case 'vf':
    case 'mirror':
      return isDoneByComponents(command, status);
    case 'nfv':
      return isDoneByPatching(command, status);
    case 'pcap':
      return command.kind === (status.running ? 'start-capture' : 'stop-capture');
    case 'primary':
      return isDoneByPrimary(command, status.figures);
  }
}

function isDoneByComponents(command: SppCommand, status: VfStatus): boolean {
  switch (command.kind) {
    case 'start-component':
      return status.components.some(
        ({ name, core, type }) => name === command.name && core === command.core && type === command.type,
      );
    case 'stop-component':
      return !status.components.some(({ name }) => name === command.name);
    case 'attach-port':
      return attached(command, status).some((port) => hasTag(port, command.vlan));
    case 'detach-port':
      return attached(command, status).length === 0;
    case 'add-classifier':
      return isClassified(command, status);
    case 'remove-classifier':
      return !isClassified(command, status);
    default:
      return false;
  }
}

function attached(
  { component, direction, port }: { component: string; direction: 'rx' | 'tx'; port: string },
  { components }: VfStatus,
): AttachedPort[] {
  return components
    .filter(({ name }) => name === component)
    .flatMap((each) => each[direction].filter((one) => samePort(one.port, port)));
}

/** Whether the port handles VLAN tags as desired, as far as the process reports it. */
function hasTag({ vlan, vlanUnknown }: AttachedPort, wanted: VlanTag | undefined): boolean {
  if (vlanUnknown) return true;
  if (wanted === undefined) return vlan.operation === 'none';
  if (wanted.operation === 'remove') return vlan.operation === 'remove';
  return vlan.operation === 'add' && vlan.id === wanted.id && vlan.priority === wanted.priority;
}

function isClassified(
  { mac, port, vlanId }: { mac: string; port: string; vlanId: number | null },
  { classifiers }: VfStatus,
): boolean {
  return classifiers.some((entry) => sameMac(entry.mac, mac) && samePort(entry.port, port) && entry.vlanId === vlanId);
}

function isDoneByPatching(command: SppCommand, { ports, patches, running }: NfvStatus): boolean {
  switch (command.kind) {
    case 'forward':
      return running;
    case 'stop':
      return !running;
    case 'add-port':
      return ports.some((port) => samePort(port, command.port));
    case 'remove-port':
      return !ports.some((port) => samePort(port, command.port));
    case 'patch':
      return patches.some(
        ({ source, destination }) => source === command.source && destination === command.destination,
      );
    case 'reset-patches':
      return patches.length === 0;
    default:
      return false;
  }
}

/** A primary of 2019 or later lists its ports; patches and forwarding it does not show. */
function isDoneByPrimary(command: SppCommand, figures: Readonly<Record<string, unknown>> | null): boolean {
  if (command.kind !== 'add-pipe') return false;
  const pipes = figures?.pipes;
  const number = Number(command.port.slice(command.port.indexOf(':') + 1));
  return Array.isArray(pipes) && pipes.some((pipe) => Reflect.get(Object(pipe), 'id') === number);
}

function samePort(one: string, other: string): boolean {
  return one === other || (canonicalPort(one) ?? one) === (canonicalPort(other) ?? other);
}

/** A process may write an address in another way than it was given. */
function sameMac(one: string, other: string): boolean {
  return one === other || (canonicalMac(one) ?? one) === (canonicalMac(other) ?? other);
}

const ranks: Readonly<Record<SettingCommand['kind'], number>> = {
  'start-component': 0,
  'add-port': 0,
  'add-pipe': 0,
  'attach-port': 1,
  patch: 1,
  'add-classifier': 2,
  forward: 3,
  'start-capture': 3,
};

/** In the order that a process requires: ports before patches, components before ports, ports before classifiers. */
export function inOrder(items: readonly SettingCommand[]): SettingCommand[] {
  return items.toSorted((one, other) => ranks[one.kind] - ranks[other.kind]);
}
