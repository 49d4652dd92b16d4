import type { Network } from '../../executor/kinds/network/desired.ts';
import { plan } from '../../executor/kinds/network/plan.ts';
import type { SimulatedHost } from './simulated-host.ts';

/** Applies plans until one is empty; at most `steps` steps. Returns the names of the steps taken. */
export function converge(host: SimulatedHost, desired: Network, steps = Number.POSITIVE_INFINITY): string[] {
  const taken: string[] = [];
  for (let round = 0; round < 8; round += 1) {
    const todo = plan(desired, host.observe());
    if (todo.length === 0) return taken;
    for (const step of todo) {
      if (taken.length >= steps) return taken;
      host.apply(step);
      taken.push(step.name);
    }
  }
  throw new Error(`no end: ${taken.join(' ')}`);
}

/** The host's state, ordered by name: the same for the same desired network, whatever came before. */
export function picture(host: SimulatedHost): string[] {
  const nameOf = (index: number | null) => host.links.find((link) => link.index === index)?.alias ?? null;
  return [
    ...[...host.namespaces].map(([name, { label, defaultRoute }]) => `${name} ${label} via ${defaultRoute?.via}`),
    ...host.links.map(
      ({ namespace, name, alias, mac, up, master, peer, addresses }) =>
        `${namespace ?? ''}/${name} ${alias} ${mac} ${up ? 'up' : 'down'} master ${nameOf(master)} peer ${nameOf(peer)}` +
        addresses.map(({ address, prefix }) => ` ${address}/${prefix}`).join(''),
    ),
    ...[...host.isolations].map(([owner, rule]) => `${owner} ${JSON.stringify(rule)}`),
  ].sort();
}
