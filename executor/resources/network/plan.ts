import { Problem } from '../../../schema/problem.ts';
import type { Link, NamespaceView } from '../../drivers/netns/driver.ts';
import type { Step } from '../resource.ts';
import type { NamespaceWish, Network } from './desired.ts';
import { planSegment } from './plan-segment.ts';

/** An end of a new veth pair; `up` only where nothing else is to be done to it first. */
export interface NewEnd {
  readonly namespace: string | null;
  readonly name: string;
  readonly alias: string;
  readonly mac: string;
  readonly bridge: string | null;
  readonly up: boolean;
}

export interface Replacement {
  readonly namespace: string;
  /** Alias of the link whose addresses and name the other one takes. */
  readonly from: string;
  readonly to: string;
  readonly name: string;
}

/** What the network resource does on a host. */
export type NetworkStep = Step &
  (
    | { readonly name: 'namespace.create'; readonly namespace: string; readonly label: string }
    | { readonly name: 'namespace.delete'; readonly namespace: string; readonly label: string }
    | { readonly name: 'bridge.create'; readonly bridge: string; readonly alias: string; readonly mac: string }
    | { readonly name: 'veth.create'; readonly ends: readonly [NewEnd, NewEnd] }
    | {
        readonly name: 'link.label';
        readonly namespace: string | null;
        readonly link: string;
        readonly mac: string;
        readonly alias: string;
      }
    | {
        readonly name: 'link.change';
        readonly namespace: string | null;
        readonly alias: string;
        readonly change: { readonly name?: string; readonly up?: boolean; readonly bridge?: string };
      }
    | { readonly name: 'links.replace'; readonly replacements: readonly Replacement[] }
    | { readonly name: 'links.delete'; readonly namespace: string | null; readonly aliases: readonly string[] }
  );

/** The host as the plan looks at it. */
export interface ObservedNetwork {
  readonly host: readonly Link[];
  readonly namespaces: ReadonlyMap<string, NamespaceView>;
}

/**
 * What is to be done to make the observed network the desired one: namespaces first, then links, then what goes.
 * Throws a {@link Problem} 409 that names what is in the way.
 */
export function plan(desired: Network, observed: ObservedNetwork): NetworkStep[] {
  const created = desired.namespaces.filter((wish) => wish.present).flatMap((wish) => planNamespace(wish, observed));
  const segments = desired.segments.flatMap((segment) => planSegment(segment, observed));
  const removed = desired.namespaces
    .filter((wish) => !wish.present && observed.namespaces.get(wish.name)?.label === wish.label)
    .map(({ name, label }): NetworkStep => ({ name: 'namespace.delete', item: name, namespace: name, label }));
  return [...created, ...segments, ...removed];
}

function planNamespace({ name, label }: NamespaceWish, observed: ObservedNetwork): NetworkStep[] {
  const found = observed.namespaces.get(name);
  if (found && found.label !== label) {
    throw new Problem(
      'conflict',
      `Namespace ${name} is there already and is not weft's (${found.label ?? 'no label'})`,
      {
        step: 'namespace.create',
        hint: `Remove it (ip netns delete ${name}) or choose another container id`,
      },
    );
  }
  return found?.mounted ? [] : [{ name: 'namespace.create', item: name, namespace: name, label }];
}
