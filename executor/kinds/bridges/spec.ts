import { label } from '../../../schema/names.ts';
import type { ProblemDetails } from '../../../schema/problem.ts';
import {
  type AssociationRow,
  type BridgesEnd,
  type BridgesRows,
  bridgesSubject,
  REPAIR,
} from '../../../schema/resources/bridges.ts';
import type { Spec } from '../spec.ts';
import type { Bridges, InterfaceSpec, ObservedBridges } from './desired.ts';
import { interfaceStates } from './interface-states.ts';

interface BridgesOf {
  readonly databaseId: string;
  readonly hypervisor: string;
}

/** What the rows of a hypervisor's associations ask for; `read` is told the interfaces whenever they were read. */
export function bridgesSpec(
  { databaseId, hypervisor }: BridgesOf,
  read: (interfaces: readonly string[]) => void = () => undefined,
): Spec<BridgesRows, BridgesRows, Bridges, ObservedBridges, BridgesEnd> {
  function desiredOf({ associations, keep, backingOff }: BridgesRows, isPatient: boolean): Bridges {
    const interfaces = interfacesOf(associations, isPatient && backingOff === 1);
    read(interfaces.map(({ name }) => name));
    return { label: label(databaseId, bridgesSubject(hypervisor)), interfaces, keep: keep === 1 };
  }

  return {
    change({ kind }, rows) {
      // A cancelled operation takes no row back: what they say is wanted before and after it.
      const desired = desiredOf(rows, kind === REPAIR);
      return { before: desired, after: desired, total: Math.max(1, desired.interfaces.length) };
    },
    desired: (rows) => desiredOf(rows, true),
    end: ({ after }, _ending, observed) => ({
      interfaces: after.interfaces.map(({ name }) => name),
      states: observed ? interfaceStates(after, observed) : [],
    }),
  };
}

/** Associations may share an interface. What is in the way is looked at again each time; a refusal backs off. */
function interfacesOf(associations: readonly AssociationRow[], backingOff: boolean): InterfaceSpec[] {
  return [...Map.groupBy(associations, (row) => row.interface)].map(([name, rows]) => ({
    name,
    noted: rows.map(({ state, error }) => ({ state, error })),
    backingOff: backingOff && rows.every(isRefused),
  }));
}

function isRefused({ state, error }: AssociationRow): boolean {
  const problem: Partial<ProblemDetails> | null = error === null ? null : JSON.parse(error);
  return state === 'failed' && problem?.code !== 'conflict';
}
