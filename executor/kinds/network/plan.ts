import { Problem } from '../../../schema/problem.ts';
import { afterCreation } from './after-creation.ts';
import type { NamespaceSpec, Network } from './desired.ts';
import { planContainerAddresses, planGateway } from './plan-addresses.ts';
import { planIsolation } from './plan-isolation.ts';
import { planEnds, planStarts } from './plan-processes.ts';
import { planSegment } from './plan-segment.ts';
import type { NetworkStep, ObservedNetwork } from './steps.ts';

/**
 * The steps from the observed to the desired network: processes that end first, then namespaces, links, and addresses, if it
 * is known what the links will be; processes start when all of these are as desired; then deletions. Throws a {@link Problem} 409 that names the object in the way.
 */
export function plan(desired: Network, observed: ObservedNetwork): NetworkStep[] {
  const created = desired.namespaces.filter((spec) => spec.present).flatMap((spec) => planNamespace(spec, observed));
  const segments = desired.segments.flatMap((segment) => planSegment(segment, observed));
  const removed = desired.namespaces
    .filter((spec) => !spec.present && observed.namespaces.get(spec.name)?.label === spec.label)
    .map(({ name, label }): NetworkStep => ({ name: 'namespace.delete', item: name, namespace: name, label }));
  const isolated = (present: boolean) =>
    desired.isolations.filter((spec) => spec.present === present).flatMap((spec) => planIsolation(spec, observed));
  // Refuses a block that the host uses, before anything is made.
  planGateways(desired, observed);
  const links = [...created, ...segments];
  const complete = links.length === 0 ? observed : afterCreation(observed, links);
  const addresses = complete === null ? [] : planAddresses(desired, complete);
  const ends = desired.processes.flatMap((spec) => planEnds(spec, observed));
  const starts =
    links.length + addresses.length > 0 ? [] : desired.processes.flatMap((spec) => planStarts(spec, observed));
  return [...ends, ...isolated(true), ...links, ...addresses, ...starts, ...isolated(false), ...removed];
}

function planAddresses(desired: Network, observed: ObservedNetwork): NetworkStep[] {
  return [
    ...planGateways(desired, observed),
    ...desired.namespaces.flatMap((spec) => planContainerAddresses(spec, observed)),
  ];
}

/** A bridge loses the gateway before another one gets it. */
function planGateways({ segments }: Network, observed: ObservedNetwork): NetworkStep[] {
  return [...segments]
    .sort((one, other) => Number(one.cin?.gateway.present ?? false) - Number(other.cin?.gateway.present ?? false))
    .flatMap((segment) => planGateway(segment, observed));
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
