import type { HostView } from '../../drivers/netns/driver.ts';
import type { Resource } from '../resource.ts';
import type { Network } from './desired.ts';
import { labelled } from './labelled.ts';
import { plan } from './plan.ts';
import type { NetworkStep, ObservedNetwork } from './steps.ts';

/** What a comparison asks of the network's resource, whoever has looked at the host. All of it is pure. */
export const comparison: Pick<
  Resource<Network, ObservedNetwork, NetworkStep>,
  'plan' | 'removes' | 'labels' | 'labelled'
> = {
  plan,
  removes: ({ name }) => name === 'namespace.delete' || name === 'links.delete' || name === 'links.replace',
  labels: ['namespace', 'link'],
  labelled,
};

/** The host as the plan looks at it. */
export function observed({ links, namespaces }: HostView): ObservedNetwork {
  return { host: links, namespaces: new Map(namespaces.map((namespace) => [namespace.name, namespace])) };
}
