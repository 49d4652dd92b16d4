import { hardwareAddress } from '../../../schema/names.ts';
import type { Link } from '../../drivers/netns/driver.ts';
import { aliasOf, type BridgeStep, type Bridges, type InterfaceSpec, type ObservedBridges } from './desired.ts';

/**
 * What is to be done so that each interface is there, and none that nobody wants. An interface whose name something
 * foreign has needs no step: either that is a bridge, or the association has failed until it is gone.
 */
export function plan(desired: Bridges, observed: ObservedBridges): BridgeStep[] {
  const steps = desired.interfaces.flatMap((spec) => planInterface(spec, desired, observed));
  const leftover = desired.keep ? [] : unwanted(desired, observed);
  return leftover.length === 0
    ? steps
    : [...steps, { name: 'bridges.delete', item: null, aliases: leftover.map(({ alias }) => alias ?? '') }];
}

function planInterface({ name, backingOff }: InterfaceSpec, desired: Bridges, observed: ObservedBridges): BridgeStep[] {
  if (backingOff || observed.refused.has(name)) return [];
  const alias = aliasOf(desired, name);
  const own = { item: name, alias, desired };
  const occupant = observed.links.find((link) => link.name === name);
  const found = occupant ?? observed.links.find((link) => isOwn(link, alias));
  if (!found) return [{ ...own, name: 'bridge.create', mac: hardwareAddress(alias) }];
  if (!isOwn(found, alias)) return [];
  return [
    ...(found === occupant ? [] : [{ ...own, name: 'bridge.rename' } as const]),
    ...(found.up ? [] : [{ ...own, name: 'bridge.enable', mac: hardwareAddress(alias) } as const]),
  ];
}

/** A bridge that bears exactly this label of ours. */
export function isOwn({ alias, kind }: Link, wanted: string): boolean {
  return alias === wanted && kind === 'bridge';
}

function unwanted(desired: Bridges, { links }: ObservedBridges): Link[] {
  const wanted = new Set(desired.interfaces.map(({ name }) => aliasOf(desired, name)));
  return links.filter(
    ({ alias, kind }) => alias?.startsWith(`${desired.label} `) && kind === 'bridge' && !wanted.has(alias),
  );
}
