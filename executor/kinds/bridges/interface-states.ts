import { Problem } from '../../../schema/problem.ts';
import type { InterfaceState } from '../../../schema/resources/bridges.ts';
import type { Link } from '../../drivers/netns/driver.ts';
import { aliasOf, type Bridges, type ObservedBridges } from './desired.ts';
import { isOwn } from './plan.ts';

const OF_A_DATABASE = /^weft:[^/]+\//;

/** Of each interface that there is something to say of: one that is yet to be made, or rests, stays what it was. */
export function interfaceStates(desired: Bridges, observed: ObservedBridges): InterfaceState[] {
  return desired.interfaces.flatMap(({ name }): InterfaceState[] => {
    const refused = observed.refused.get(name);
    if (refused !== undefined) return [{ name, state: 'failed', error: refused }];
    const occupant = observed.links.find((link) => link.name === name);
    if (!occupant) return [];
    if (isOwn(occupant, aliasOf(desired, name))) return occupant.up ? [{ name, state: 'ready', error: null }] : [];
    const problem = obstacle(occupant);
    return [
      problem === null
        ? { name, state: 'ready', error: null }
        : { name, state: 'failed', error: JSON.stringify(problem.toJSON()) },
    ];
  });
}

/** Whether the rows say what the host shows. */
export function isUpToDate(desired: Bridges, observed: ObservedBridges): boolean {
  const specs = new Map(desired.interfaces.map(({ name, noted }) => [name, noted]));
  return interfaceStates(desired, observed).every(({ name, state, error }) =>
    specs.get(name)?.every((noted) => noted.state === state && noted.error === error),
  );
}

/** A bridge of the host's own serves; anything else, or what belongs to some weft already, is in the way. */
function obstacle({ name, kind, alias }: Link): Problem | null {
  const belongs = alias !== null && OF_A_DATABASE.test(alias);
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
