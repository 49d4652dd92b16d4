import { Problem } from '../../../schema/problem.ts';
import type { Step } from '../resource.ts';
import type { HostNetwork, ObservedNetworks } from './observed.ts';
import { type NetworkModel, networkDifferences } from './xml.ts';

/** The state that is wanted of one network. */
export type DesiredNetwork =
  | { readonly wanted: 'present'; readonly name: string; readonly model: NetworkModel }
  /** `uuid` is null if it never had one. */
  | { readonly wanted: 'absent'; readonly name: string; readonly uuid: string | null; readonly owner: string };

export type NetworkStep =
  | (Step & { readonly name: 'libvirt.setup' | 'ovs.setup'; readonly item: null })
  | (Step & { readonly name: 'network.define'; readonly item: string; readonly model: NetworkModel })
  | (Step & {
      readonly name: 'network.start' | 'network.autostart' | 'network.destroy' | 'network.undefine';
      readonly item: string;
      readonly uuid: string;
    });

/** The steps to the desired state of a network, or the first of them. Throws a Problem if it cannot be made. */
export function plan(desired: DesiredNetwork, observed: ObservedNetworks): NetworkStep[] {
  // Without libvirt there is no network.
  if (desired.wanted === 'absent' && observed.libvirt === 'absent') return [];
  if (observed.libvirt !== 'ready') return [{ name: 'libvirt.setup', item: null }];
  const found = ownNetwork(desired, observed);
  if (desired.wanted === 'absent') return found === undefined ? [] : planRemoval(found);
  return found === undefined ? planCreation(desired.model, observed) : planRepair(desired.model, found, observed);
}

/** The network that weft made for this row: its UUID is random, and the row's. */
export function ownNetwork(desired: DesiredNetwork, { networks }: ObservedNetworks): HostNetwork | undefined {
  const { uuid, owner } = desired.wanted === 'present' ? desired.model : desired;
  return networks.find((each) => each.uuid === uuid && (each.name === desired.name || each.owner === owner));
}

function planCreation(model: NetworkModel, observed: ObservedNetworks): NetworkStep[] {
  const occupant = observed.networks.find(({ name }) => name === model.name);
  if (occupant !== undefined) throw notOurs(occupant);
  return planDefinition(model, observed, [step('network.start', model), step('network.autostart', model)]);
}

/** A network needs its bridge only when it is defined: libvirt itself does not look at it before a guest is started. */
function planDefinition(
  model: NetworkModel,
  { ovs, bridges }: ObservedNetworks,
  others: readonly NetworkStep[],
): NetworkStep[] {
  if (ovs !== 'ready') return [{ name: 'ovs.setup', item: null }];
  if (bridges?.has(model.bridge) === false) throw noBridge(model);
  return [{ name: 'network.define', item: model.name, model }, ...others];
}

/** What is active has the definition of its start: it is started again with a new one. */
function planRepair(model: NetworkModel, found: HostNetwork, observed: ObservedNetworks): NetworkStep[] {
  const { isActive, isPersistent, isAutostarted } = found;
  // libvirt renames no network.
  if (found.name !== model.name) return planRemoval(found);
  const isOther = isDifferent(model, found);
  const start = isOther || !isActive ? [step('network.start', model)] : [];
  // Only a persistent network has an autostart, and what was undefined has lost it.
  const autostart = isPersistent && isAutostarted ? [] : [step('network.autostart', model)];
  if (!isOther && isPersistent) return [...start, ...autostart];
  const stop = isOther && isActive ? [step('network.destroy', model)] : [];
  const definition = planDefinition(model, observed, [...start, ...autostart]);
  return definition.some(({ name }) => name === 'ovs.setup') ? definition : [...stop, ...definition];
}

/** A generation alone is none: a removal that was taken back has moved it. */
function isDifferent(model: NetworkModel, found: HostNetwork): boolean {
  return networkDifferences(model, found).some(({ name }) => name !== 'generation');
}

/** In this order a transient network is gone with its stop. */
export function planRemoval(found: HostNetwork): NetworkStep[] {
  return [
    ...(found.isActive ? [step('network.destroy', found)] : []),
    ...(found.isPersistent ? [step('network.undefine', found)] : []),
  ];
}

function step(
  name: 'network.start' | 'network.autostart' | 'network.destroy' | 'network.undefine',
  network: { readonly uuid: string; readonly name: string },
): NetworkStep {
  return { name, item: network.name, uuid: network.uuid };
}

function notOurs({ name, uuid }: HostNetwork): Problem {
  return new Problem('conflict', `Network ${name} of libvirt already exists and was not made by weft: ${uuid}`, {
    step: 'network.define',
    hint: `virsh net-dumpxml ${name} shows it; undefine it, or choose another name`,
  });
}

function noBridge({ bridge }: NetworkModel): Problem {
  return new Problem('impossible', `Open vSwitch has no bridge ${bridge}`, {
    step: 'network.define',
    hint: 'ovs-vsctl list-br shows those that there are; ovs-vsctl add-br makes one',
  });
}
