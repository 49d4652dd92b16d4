import type { Addressing, Link, NamespaceView } from '../../drivers/netns/driver.ts';
import type { NetworkStep, NewVethEnd, ObservedNetwork } from './steps.ts';

const NO_ADDRESSING: Addressing = { addresses: [], routes: [], strictArp: false };

/**
 * The host after steps that only create, or set up what they have created: addresses can be planned with them. Null: other
 * steps are among them, and what they lead to must be observed. New links have indexes that no other link has.
 */
export function afterCreation(observed: ObservedNetwork, steps: readonly NetworkStep[]): ObservedNetwork | null {
  const host = [...observed.host];
  const namespaces = new Map<string, NamespaceView>(observed.namespaces);
  let lastIndex = 0;
  const add = (namespace: string | null, link: Omit<Link, 'index' | 'mtu' | 'peer'>): void => {
    lastIndex -= 1;
    const whole: Link = { ...link, index: lastIndex, mtu: 0, peer: null };
    const view = namespace === null ? undefined : namespaces.get(namespace);
    if (namespace === null) host.push(whole);
    else if (view !== undefined) namespaces.set(namespace, { ...view, links: [...view.links, whole] });
  };
  const addEnd = ({ namespace, name, alias, mac, up, bridge }: NewVethEnd): void => {
    const master = bridge === null ? null : (host.find((link) => link.name === bridge)?.index ?? null);
    add(namespace, { name, alias, mac, up, kind: 'veth', master });
  };
  for (const step of steps) {
    switch (step.name) {
      case 'namespace.create':
        namespaces.set(step.namespace, {
          ...{ name: step.namespace, label: step.label, mounted: true, links: [] },
          addressing: NO_ADDRESSING,
        });
        break;
      case 'bridge.create':
        add(null, { name: step.bridge, alias: step.alias, mac: step.mac, up: step.up, kind: 'bridge', master: null });
        break;
      case 'veth.create':
        for (const end of step.ends) addEnd(end);
        break;
      case 'links.enable':
        break;
      default:
        return null;
    }
  }
  return { ...observed, host, namespaces };
}
