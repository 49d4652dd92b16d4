import { Problem } from '../../../schema/problem.ts';
import type { NamespaceSpec, Network } from './desired.ts';
import { planSegment } from './plan-segment.ts';
import type { NetworkStep, ObservedNetwork } from './steps.ts';

/**
 * The steps from the observed to the desired network: namespaces first, then links, then deletions. Throws a {@link
 * Problem} 409 that names the object in the way.
 */
export function plan(desired: Network, observed: ObservedNetwork): NetworkStep[] {
  const created = desired.namespaces.filter((spec) => spec.present).flatMap((spec) => planNamespace(spec, observed));
  const segments = desired.segments.flatMap((segment) => planSegment(segment, observed));
  const removed = desired.namespaces
    .filter((spec) => !spec.present && observed.namespaces.get(spec.name)?.label === spec.label)
    .map(({ name, label }): NetworkStep => ({ name: 'namespace.delete', item: name, namespace: name, label }));
  return [...created, ...segments, ...removed];
}

function planNamespace({ name, label }: NamespaceSpec, observed: ObservedNetwork): NetworkStep[] {
  const found = observed.namespaces.get(name);
  if (found && found.label !== label) {
    throw new Problem(
      'conflict',
      `Namespace ${name} already exists and does not belong to weft (${found.label ?? 'no label'})`,
      {
        step: 'namespace.create',
        hint: `Remove it (ip netns delete ${name}) or choose another container id`,
      },
    );
  }
  return found?.mounted ? [] : [{ name: 'namespace.create', item: name, namespace: name, label }];
}
