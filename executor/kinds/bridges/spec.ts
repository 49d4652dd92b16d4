import { Problem, type ProblemDetails } from '../../../schema/problem.ts';
import type { Association, BridgesRows } from '../../../schema/resources/bridges.ts';
import type { Link } from '../../drivers/netns/driver.ts';
import type { Spec } from '../spec.ts';
import { type Bridges, isOwn, type ObservedBridges } from './plan.ts';

type BridgesSpec = Spec<BridgesRows, BridgesRows, Bridges, ObservedBridges, readonly Association[]>;

/** The desired state of a hypervisor's associations, and the resulting state of each. */
export function bridgesSpec(label: string): BridgesSpec {
  /** Associations may share an interface, which waits if all of them do. */
  function desiredOf({ associations, restored }: BridgesRows): Bridges {
    const interfaces = [...Map.groupBy(associations, (row) => row.interface)].map(([name, rows]) => ({
      ...{ name, alias: `${label} ${name}` },
      waits: rows.every(({ waits }) => waits === 1),
    }));
    return { label, interfaces, complete: restored === 0 };
  }

  return {
    change(_operation, rows) {
      // A cancelled operation rolls no row back: the rows are the desired state before and after it.
      const desired = desiredOf(rows);
      return { before: desired, after: desired, total: Math.max(1, desired.interfaces.length) };
    },
    desired: desiredOf,
    isUpToDate(rows, observed) {
      const found = new Map(statesOf(desiredOf(rows), observed).map((each) => [each.interface, each]));
      return rows.associations.every((row) => {
        const { state, error } = found.get(row.interface) ?? row;
        return state === row.state && error === row.error;
      });
    },
    end({ after }, ending, observed) {
      if (observed) return statesOf(after, observed);
      return ending.status === 'failed' ? after.interfaces.map(({ name }) => failed(name, ending.error)) : [];
    },
  };
}

/** The states of interfaces, except those that are not created yet or wait: these keep their state. */
function statesOf({ interfaces }: Bridges, { links, refused }: ObservedBridges): Association[] {
  return interfaces.flatMap(({ name, alias }): Association[] => {
    const refusal = refused.get(name);
    if (refusal) return [failed(name, refusal)];
    const occupant = links.find((link) => link.name === name);
    if (!occupant) return [];
    const isOurs = isOwn(occupant, alias);
    const problem = isOurs ? null : obstacle(occupant);
    if (problem) return [failed(name, problem.toJSON())];
    return isOurs && !occupant.up ? [] : [{ interface: name, state: 'ready', error: null }];
  });
}

function failed(name: string, error: ProblemDetails): Association {
  return { interface: name, state: 'failed', error: JSON.stringify(error) };
}

/** A bridge of the host's own serves; any other link, or one that belongs to another weft resource, is in the way. */
function obstacle({ name, kind, alias }: Link): Problem | null {
  const belongs = alias !== null && /^weft:[^/]+\//.test(alias);
  if (kind === 'bridge' && !belongs) return null;
  const mark = belongs ? `labelled "${alias}"` : `a ${kind ?? 'physical'} device without weft's label`;
  return new Problem(
    'conflict',
    `Link ${name} on the host already exists and does not belong to this subnet: ${mark}`,
    {
      step: 'bridge.create',
      hint: 'Rename or remove that link, or choose another interface',
    },
  );
}
