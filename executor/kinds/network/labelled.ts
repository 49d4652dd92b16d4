import { labelledResource } from '../../../schema/names.ts';
import type { Labelled } from '../../../schema/resources/definition.ts';
import type { Link } from '../../drivers/netns/driver.ts';
import type { ObservedNetwork } from './steps.ts';

/**
 * Namespaces, links and isolation rules that have a label with this prefix, and processes, whose directories are of one
 * database; `lo` has the label of its namespace, and is not counted twice.
 */
export function labelled(observed: ObservedNetwork, prefix: string): Labelled[] {
  const linksIn = (place: string | null, links: readonly Link[]) =>
    links.flatMap(({ name, alias }): Labelled[] => {
      const resource = alias === null || name === 'lo' ? null : labelledResource(alias, prefix);
      return resource === null || alias === null ? [] : [{ kind: 'link', place, name, label: alias, resource }];
    });
  const namespaces = [...observed.namespaces.values()].flatMap(({ name, label, links }): Labelled[] => {
    const resource = label === null ? null : labelledResource(label, prefix);
    const own: Labelled[] =
      resource === null || label === null ? [] : [{ kind: 'namespace', place: null, name, label, resource }];
    return [...own, ...linksIn(name, links)];
  });
  const rules = [...(observed.isolation?.owners.keys() ?? [])].flatMap((label): Labelled[] => {
    const resource = labelledResource(label, prefix);
    return resource === null ? [] : [{ kind: 'isolation', place: null, name: resource, label, resource }];
  });
  const { views, layers } = observed.processes ?? { views: new Map<string, unknown>(), layers: new Set<string>() };
  const processes = [...new Set([...views.keys(), ...layers])].map((owner): Labelled => {
    return { kind: 'process', place: null, name: owner, label: `${prefix}${owner}`, resource: owner };
  });
  return [...linksIn(null, observed.host), ...namespaces, ...rules, ...processes];
}
