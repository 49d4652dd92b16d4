import type { IsolationSpec } from './desired.ts';
import type { IsolationView, NetworkStep, ObservedNetwork } from './steps.ts';

/** The step for the rule that isolates a CIN. */
export function planIsolation(spec: IsolationSpec, { isolation }: ObservedNetwork): NetworkStep[] {
  if (isolation === null || isAsDesired(spec, isolation)) return [];
  return [{ name: 'isolation.change', item: null, isolation: spec }];
}

function isAsDesired(
  { label, present, bridges, gateway, forwarding }: IsolationSpec,
  { intact, owners }: IsolationView,
): boolean {
  const found = owners.get(label);
  if (!present) return found === undefined;
  return (
    intact &&
    found !== undefined &&
    found.bridges.length === bridges.length &&
    bridges.every((bridge) => found.bridges.includes(bridge)) &&
    found.gateway?.bridge === gateway?.bridge &&
    found.gateway?.address === gateway?.address &&
    found.forwarding === forwarding
  );
}
