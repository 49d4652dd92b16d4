import type { Link } from '../../executor/drivers/netns/driver.ts';
import type { NetworkStep, NewVethEnd, ObservedNetwork } from '../../executor/kinds/network/steps.ts';

interface SimulatedLink extends Link {
  namespace: string | null;
}

/** A host in memory that applies the planner's steps as the kernel would: for tests of plans without root. */
export class SimulatedHost {
  readonly namespaces = new Map<string, { label: string | null; mounted: boolean }>();
  links: SimulatedLink[] = [];
  #index = 1;

  copy(): SimulatedHost {
    const copy = new SimulatedHost();
    copy.links = structuredClone(this.links);
    for (const [name, namespace] of this.namespaces) copy.namespaces.set(name, { ...namespace });
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
            links: this.links.filter(({ namespace }) => namespace === name).map((link) => ({ ...link })),
          },
        ]),
      ),
    };
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
  }

  apply(step: NetworkStep): void {
    switch (step.name) {
      case 'namespace.create':
        this.namespaces.set(step.namespace, { label: step.label, mounted: true });
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
          if (old) this.removeLink(old);
          const link = this.#need(namespace, ({ alias }) => alias === to);
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
    }
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
