import type { ProblemDetails } from '../../../schema/problem.ts';
import type { Link } from '../../drivers/netns/driver.ts';
import type { Step } from '../resource.ts';

/** The bridges that a hypervisor's associations with subnets ask for. */
export interface Bridges {
  /** What each of them is labelled with; its interface stands behind it. */
  readonly label: string;
  readonly interfaces: readonly InterfaceSpec[];
  /** Whether there are to be no others. */
  readonly complete: boolean;
}

export interface InterfaceSpec {
  readonly name: string;
  readonly alias: string;
  /** It is left as it is for now, since the host refused it. */
  readonly waits: boolean;
}

/** The host as the plan looks at it. */
export interface ObservedBridges {
  /** Of the host's own namespace. */
  readonly links: readonly Link[];
  /** Why the host refused what this attempt tried, by interface. */
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

/** What is to be done so that each interface is there, and none that nobody wants. */
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

/** One whose name something foreign has needs no step: that is a bridge, or the association has failed until it is gone. */
function planInterface({ name, alias }: InterfaceSpec, links: readonly Link[]): InterfaceStep[] {
  const step = (verb: InterfaceStep['name']): InterfaceStep => ({ name: verb, item: name, alias });
  const occupant = links.find((link) => link.name === name);
  const found = occupant ?? links.find((link) => isOwn(link, alias));
  if (!found) return [step('bridge.create')];
  if (!isOwn(found, alias)) return [];
  return [...(occupant ? [] : [step('bridge.rename')]), ...(found.up ? [] : [step('bridge.enable')])];
}

/** A bridge that bears exactly this label of ours. */
export function isOwn({ alias, kind }: Link, wanted: string): boolean {
  return alias === wanted && kind === 'bridge';
}
