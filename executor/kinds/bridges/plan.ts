import type { ProblemDetails } from '../../../schema/problem.ts';
import type { Link } from '../../drivers/netns/driver.ts';
import type { Step } from '../resource.ts';

/** The bridges that a hypervisor's associations with subnets require. */
export interface Bridges {
  /** The label of each of them is this, followed by its interface. */
  readonly label: string;
  readonly interfaces: readonly InterfaceSpec[];
  /** Whether other bridges with the label are to be deleted. */
  readonly complete: boolean;
}

export interface InterfaceSpec {
  readonly name: string;
  readonly alias: string;
  /** The host refused it, and its pause is not over: it is not changed for now. */
  readonly waits: boolean;
}

/** The state of the host that the plan uses. */
export interface ObservedBridges {
  /** Of the host's own namespace. */
  readonly links: readonly Link[];
  /** Errors of the host in this attempt, by interface. */
  readonly refused: ReadonlyMap<string, ProblemDetails>;
}

export interface InterfaceStep extends Step {
  readonly name: 'bridge.create' | 'bridge.rename' | 'bridge.enable';
  /** The interface. */
  readonly item: string;
  readonly alias: string;
}

export type BridgeStep =
  | InterfaceStep
  | (Step & { readonly name: 'bridges.delete'; readonly aliases: readonly string[] });

/** The steps after which each interface exists, and no undesired one. */
export function plan({ label, interfaces, complete }: Bridges, { links, refused }: ObservedBridges): BridgeStep[] {
  const steps = interfaces
    .filter(({ name, waits }) => !waits && !refused.has(name))
    .flatMap((spec) => planInterface(spec, links));
  if (!complete) return steps;
  const wanted = new Set(interfaces.map(({ alias }) => alias));
  const aliases = links.flatMap(({ alias, kind }) =>
    alias?.startsWith(`${label} `) && kind === 'bridge' && !wanted.has(alias) ? [alias] : [],
  );
  return aliases.length === 0 ? steps : [...steps, { name: 'bridges.delete', item: null, aliases }];
}

/**
 * An interface whose name a foreign link has needs no step: either that is a bridge and serves, or the association has
 * failed until the link is gone.
 */
function planInterface({ name, alias }: InterfaceSpec, links: readonly Link[]): InterfaceStep[] {
  const step = (verb: InterfaceStep['name']): InterfaceStep => ({ name: verb, item: name, alias });
  const occupant = links.find((link) => link.name === name);
  const found = occupant ?? links.find((link) => isOwn(link, alias));
  if (!found) return [step('bridge.create')];
  if (!isOwn(found, alias)) return [];
  return [...(occupant ? [] : [step('bridge.rename')]), ...(found.up ? [] : [step('bridge.enable')])];
}

/** A bridge of weft with exactly this label. */
export function isOwn({ alias, kind }: Link, wanted: string): boolean {
  return alias === wanted && kind === 'bridge';
}
