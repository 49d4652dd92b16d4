import { linkName, shortName } from '../../../schema/names.ts';
import type { Arguments } from '../../../schema/statements/ending.ts';
import { idSeries } from '../../operations/new-id.ts';

/** A CEN of a request, and the containers that are to be in it. */
interface Membership {
  readonly cen: string;
  readonly containers: readonly string[];
}

interface NetworkRequest {
  readonly memberships: readonly Membership[];
  /** Containers besides those of the memberships. */
  readonly containers?: readonly string[];
  /**
   * `declare`: the request is true once it is recorded, and a list is the whole membership. `make`: what it adds is
   * freed again when the host cannot have it, and members come after those that are there.
   */
  readonly mode: 'declare' | 'make';
}

/** What the statements of networks and their members are over: lists of the request, with ids for what is new of them. */
export function networkArguments({ memberships, containers = [], mode }: NetworkRequest): Arguments {
  const nextId = idSeries();
  const names = new Set([...containers, ...memberships.flatMap((membership) => membership.containers)]);
  return {
    declared: mode === 'declare' ? 1 : 0,
    containers: JSON.stringify([...names].map((name) => ({ name, id: nextId(), short: shortName(name) }))),
    cens: JSON.stringify(
      memberships.map(({ cen, containers: members }) => ({
        name: cen,
        id: nextId(),
        link: linkName(cen),
        part: nextId(),
        members,
      })),
    ),
  };
}
