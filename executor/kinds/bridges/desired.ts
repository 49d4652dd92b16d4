import type { Link } from '../../drivers/netns/driver.ts';
import type { Step } from '../resource.ts';

/** The bridges that a hypervisor's associations with subnets ask for. */
export interface Bridges {
  /** What each of them is labelled with; its interface stands behind it. */
  readonly label: string;
  readonly interfaces: readonly InterfaceSpec[];
  /** What is not wanted any more stays: the database may be the wrong one. */
  readonly keep: boolean;
}

export interface InterfaceSpec {
  readonly name: string;
  /** What the rows say of it, one for each association. */
  readonly noted: readonly Noted[];
  /** The host refused it, and the pause after that is not over. */
  readonly backingOff: boolean;
}

/** The state of an association as its row has it; `error` is JSON. */
export interface Noted {
  readonly state: 'pending' | 'ready' | 'failed';
  readonly error: string | null;
}

/** The host as the plan looks at it. */
export interface ObservedBridges {
  /** Of the host's own namespace. */
  readonly links: readonly Link[];
  /** What the host refused to these interfaces, by interface, as problems in JSON. */
  readonly refused: ReadonlyMap<string, string>;
}

interface InterfaceStep extends Step {
  /** The interface. */
  readonly item: string;
  readonly alias: string;
  /** What it is done for. */
  readonly desired: Bridges;
}

export type BridgeStep =
  | (InterfaceStep & { readonly name: 'bridge.create' | 'bridge.enable'; readonly mac: string })
  | (InterfaceStep & { readonly name: 'bridge.rename' })
  | (Step & { readonly name: 'bridges.delete'; readonly aliases: readonly string[] });

/** What a bridge of ours is marked with, and found by. */
export function aliasOf({ label }: Bridges, name: string): string {
  return `${label} ${name}`;
}
