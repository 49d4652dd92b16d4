import { type Database, statement } from '../../../schema/database/database.ts';
import { memoize } from '../../../schema/database/memoize.ts';
import { isNamed } from '../../operations/targets/target.ts';
import type { NetworkKind } from './network-kind.ts';

/** Whether a request is for networks of the hypervisor that `:host` names, or of all hypervisors. */
export type Scope = 'host' | 'fleet';

export function scopeOf(host: string | null): Scope {
  return host === null ? 'fleet' : 'host';
}

/**
 * Follows FROM or CROSS JOIN: the networks of a kind that `condition` selects, by the kind's alias, each with its
 * hypervisor, `h`.
 */
export function networksIn({ table, row }: NetworkKind, condition: string, scope: Scope): string {
  const found = `${row}.hypervisor = h.id AND ${condition} AND ${row}.desired = 'present'`;
  return scope === 'fleet'
    ? `${table} ${row} CROSS JOIN hypervisors h ON ${found}`
    : `hypervisors h CROSS JOIN ${table} ${row} ON ${isNamed('h')} AND ${found}`;
}

/**
 * Those named `name` (SQL). In the whole fleet they are looked up by name, so that the cost does not depend on the
 * number of hypervisors.
 */
export function networksCalled(kind: NetworkKind, name: string, scope: Scope): string {
  return networksIn(kind, `${kind.row}.name = ${name}`, scope);
}

/** A network of a list, by its index, with the names of the hypervisors that have one of that name. */
export interface Place {
  readonly place: number;
  readonly name: string;
  readonly hosts: readonly string[];
}

/** Reads where the networks of a list are: on the hypervisor `host`, or null: anywhere. */
export type ReadPlaces = (
  database: Database,
  names: readonly string[],
  host: string | null,
) => Promise<readonly Place[]>;

export function placesReader(kind: NetworkKind): ReadPlaces {
  const select = memoize(
    (scope: Scope) => `
    SELECT j.key AS place, j.value AS name,
      (SELECT json_group_array(h.name) FROM ${networksCalled(kind, 'j.value', scope)}) AS hosts
    FROM json_each(:names) j ORDER BY j.key`,
  );
  return async (database, names, host) => {
    const [rows] = await database.read([
      statement<Omit<Place, 'hosts'> & { readonly hosts: string }>(select(scopeOf(host)), {
        names: JSON.stringify(names),
        host,
      }),
    ]);
    return rows.map(({ place, name, hosts }) => ({ place, name, hosts: JSON.parse(hosts) }));
  };
}
