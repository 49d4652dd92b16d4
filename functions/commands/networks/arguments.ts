import { linkName, shortName } from '../../../schema/names.ts';
import type { Arguments } from '../../../schema/statements/ending.ts';
import { idSeries } from '../../operations/new-id.ts';

/** A CEN of a request, with the containers that are to be its members. */
interface Membership {
  readonly cen: string;
  readonly containers: readonly string[];
}

interface NetworkRequest {
  readonly memberships: readonly Membership[];
  /** Containers besides those of the memberships. */
  readonly containers?: readonly string[];
  /**
   * `declare`: the request takes effect when it is recorded, and a list is the whole membership. `make`: rows that it
   * adds are deleted again if the change fails on the host, and new members come after the existing ones.
   */
  readonly mode: 'declare' | 'make';
}

/** The arguments of statements on networks and their members: the lists of the request, with ids for new rows. */
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
