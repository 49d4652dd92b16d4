import {
  type AddressChange,
  type Addressing,
  type Ipv4Prefix,
  type Link,
  ROUTE_PROTOCOL,
} from '../../executor/drivers/netns/driver.ts';
import type { IsolationSpec } from '../../executor/kinds/network/desired.ts';
import type { NetworkStep, NewVethEnd, ObservedNetwork } from '../../executor/kinds/network/steps.ts';

interface SimulatedLink extends Link {
  namespace: string | null;
  addresses: Ipv4Prefix[];
}

interface SimulatedNamespace {
  label: string | null;
  mounted: boolean;
  strictArp: boolean;
  defaultRoute: { via: string; index: number } | null;
}

/** A host in memory that applies the planner's steps as the kernel would: for tests of plans without root. */
export class SimulatedHost {
  readonly namespaces = new Map<string, SimulatedNamespace>();
  readonly isolations = new Map<string, Pick<IsolationSpec, 'bridges' | 'gateway' | 'forwarding'>>();
  links: SimulatedLink[] = [];
  #index = 1;

  copy(): SimulatedHost {
    const copy = new SimulatedHost();
    copy.links = structuredClone(this.links);
    for (const [name, namespace] of this.namespaces) copy.namespaces.set(name, { ...namespace });
    for (const [owner, rule] of this.isolations) copy.isolations.set(owner, rule);
    copy.#index = this.#index;
    return copy;
  }

  observe(): ObservedNetwork {
    return {
      host: this.links.filter(({ namespace }) => namespace === null).map((link) => ({ ...link })),
      namespaces: new Map(
        [...this.namespaces].map(([name, { label, mounted }]) => [
          name,
          {
            name,
            label,
            mounted,
            addressing: this.#addressing(name),
            links: this.links.filter(({ namespace }) => namespace === name).map((link) => ({ ...link })),
          },
        ]),
      ),
      addressing: this.#addressing(null),
      isolation: { intact: true, owners: new Map(this.isolations) },
      processes: null,
    };
  }

  #addressing(namespace: string | null): Addressing {
    const links = this.links.filter((link) => link.namespace === namespace);
    const own = namespace === null ? undefined : this.namespaces.get(namespace);
    const route = own?.defaultRoute ?? null;
    const common = { destination: '0.0.0.0', prefix: 0, metric: 0, protocol: ROUTE_PROTOCOL, table: 254 };
    return {
      addresses: links.flatMap(({ index, addresses }) => addresses.map((each) => ({ index, scope: 0, ...each }))),
      routes: route === null ? [] : [{ ...common, gateway: route.via, index: route.index }],
      strictArp: own?.strictArp ?? false,
    };
  }

  addNamespace(name: string, label: string | null): void {
    this.namespaces.set(name, { label, mounted: true, strictArp: false, defaultRoute: null });
  }

  addLink(link: Partial<SimulatedLink> & Pick<SimulatedLink, 'name'>): SimulatedLink {
    const added: SimulatedLink = {
      namespace: null,
      index: this.#index++,
      alias: null,
      kind: 'dummy',
      mac: null,
      mtu: 1500,
      up: true,
      master: null,
      peer: null,
      addresses: [],
      ...link,
    };
    if (this.#find(added.namespace, added.name))
      throw new Error(`EEXIST: ${added.name} in ${added.namespace ?? 'the host'}`);
    this.links.push(added);
    return added;
  }

  removeLink(link: SimulatedLink): void {
    this.links = this.links.filter((other) => other !== link && !(link.peer !== null && other.index === link.peer));
    for (const port of this.links) if (port.master === link.index) port.master = null;
    for (const namespace of this.namespaces.values()) {
      const { index } = namespace.defaultRoute ?? {};
      if (!this.links.some((left) => left.index === index)) namespace.defaultRoute = null;
    }
  }

  apply(step: NetworkStep): void {
    switch (step.name) {
      case 'namespace.create':
        this.addNamespace(step.namespace, step.label);
        return;
      case 'namespace.delete':
        for (const link of this.links.filter(({ namespace }) => namespace === step.namespace)) this.removeLink(link);
        this.namespaces.delete(step.namespace);
        return;
      case 'bridge.create':
        this.addLink({ name: step.bridge, alias: step.alias, mac: step.mac, kind: 'bridge', up: step.up });
        return;
      case 'veth.create': {
        const [left, right] = [this.#addEnd(step.ends[0]), this.#addEnd(step.ends[1])];
        left.peer = right.index;
        right.peer = left.index;
        return;
      }
      case 'link.label':
        this.#need(
          step.namespace,
          ({ name, mac, alias }) => name === step.link && mac === step.mac && alias === null,
        ).alias = step.alias;
        return;
      case 'link.change': {
        const link = this.#need(step.namespace, ({ alias }) => alias === step.alias);
        if (step.change.name !== undefined) this.#rename(link, step.change.name);
        if (step.change.bridge !== undefined) link.master = this.#bridge(step.change.bridge);
        return;
      }
      case 'links.enable':
        for (const { namespace, name, alias } of step.links) {
          this.#need(namespace, (link) => link.name === name && link.alias === alias).up = true;
        }
        return;
      case 'links.replace':
        for (const { namespace, from, to, name } of step.replacements) {
          const old = this.links.find((link) => link.namespace === namespace && link.alias === from);
          const link = this.#need(namespace, ({ alias }) => alias === to);
          if (old) this.#carry(old, link);
          this.#rename(link, name);
          link.up = true;
        }
        return;
      case 'links.delete':
        for (const alias of step.aliases) {
          const link = this.links.find((other) => other.namespace === step.namespace && other.alias === alias);
          if (link) this.removeLink(link);
        }
        return;
      case 'addresses.change':
        for (const change of step.changes) this.#address(step.namespace, change);
        return;
      case 'isolation.change': {
        const { label, present, bridges, gateway, forwarding } = step.isolation;
        if (present) this.isolations.set(label, { bridges, gateway, forwarding });
        else this.isolations.delete(label);
        return;
      }
    }
  }

  /** The new link takes over the addresses and routes of the old one. */
  #carry(old: SimulatedLink, link: SimulatedLink): void {
    link.addresses = old.addresses;
    for (const namespace of this.namespaces.values()) {
      if (namespace.defaultRoute?.index === old.index) namespace.defaultRoute.index = link.index;
    }
    this.removeLink(old);
  }

  #address(place: string | null, change: AddressChange): void {
    const namespace = place === null ? undefined : this.namespaces.get(place);
    if ('defaultRoute' in change) {
      if (namespace === undefined) throw new Error('EINVAL: no default route on the host');
      const { defaultRoute: route } = change;
      if ('remove' in route) namespace.defaultRoute = null;
      else {
        const { index } = this.#need(place, ({ alias }) => alias === route.alias);
        namespace.defaultRoute = { via: route.via, index };
      }
      return;
    }
    const link = this.#need(place, ({ alias }) => alias === change.alias);
    if ('forget' in change) return;
    if ('mac' in change) {
      link.mac = change.mac;
      return;
    }
    const { address } = 'add' in change ? change.add : change.remove;
    link.addresses = link.addresses.filter((each) => each.address !== address);
    if (!('add' in change)) return;
    link.addresses.push(change.add);
    if (namespace) namespace.strictArp = true;
  }

  #addEnd(end: NewVethEnd): SimulatedLink {
    if (end.namespace !== null && !this.namespaces.has(end.namespace)) throw new Error(`ENOENT: ${end.namespace}`);
    const { namespace, name, alias, mac, up } = end;
    return this.addLink({
      namespace,
      name,
      alias,
      mac,
      up,
      kind: 'veth',
      master: end.bridge === null ? null : this.#bridge(end.bridge),
    });
  }

  #bridge(name: string): number {
    return this.#need(null, (link) => link.name === name && link.kind === 'bridge').index;
  }

  #rename(link: SimulatedLink, name: string): void {
    if (link.name !== name && this.#find(link.namespace, name)) throw new Error(`EEXIST: ${name}`);
    link.name = name;
  }

  #find(namespace: string | null, name: string): SimulatedLink | undefined {
    return this.links.find((link) => link.namespace === namespace && link.name === name);
  }

  #need(namespace: string | null, which: (link: SimulatedLink) => boolean): SimulatedLink {
    const found = this.links.find((link) => link.namespace === namespace && which(link));
    if (!found) throw new Error(`ENODEV in ${namespace ?? 'the host'}`);
    return found;
  }
}
