import type { CpoolBody } from '../../../schema/api/leviathan-pools.ts';
import { limitOf, type Page, type Part, partOf } from '../../../schema/api/pages.ts';
import { statement } from '../../../schema/database/database.ts';
import { memoize } from '../../../schema/database/memoize.ts';
import { type PoolRequest, poolNumber } from '../../../schema/resources/network/pools.ts';
import { poolSubject } from '../../../schema/resources/network/rollback.ts';
import type { cpools } from '../../../schema/tables/pools.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { findHypervisor } from '../../operations/targets/find-hypervisor.ts';
import { severalPlaces } from '../../operations/targets/scheduled.ts';
import { FIRST_NETWORK, type NetworkKey, networkKeyOf, networkList, networksPage } from '../networks/lists.ts';
import { poolKind } from '../networks/network-kind.ts';
import { networksCalled, type Scope, scopeOf } from '../networks/places.ts';
import { statusOf } from '../networks/status.ts';
import { unknownPool } from './pool.ts';

interface PoolRow extends Pick<RowOf<typeof cpools>, 'name' | 'hypervisor' | 'spec' | 'state'> {
  readonly host: string;
  readonly busy: number;
  readonly containers: string;
}

const columns = `
  k.name, k.hypervisor, k.spec, k.state, h.name AS host,
  EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${poolSubject}) AS busy,
  (SELECT json_group_array(name) FROM (
    SELECT c.name FROM containers c WHERE c.pool = k.id AND c.desired = 'present' ORDER BY ${poolNumber})) AS containers`;

const selectPools = memoize(
  (scope: Scope) => `SELECT ${columns} FROM ${networksCalled(poolKind, ':pool', scope)} ORDER BY h.created_ms`,
);

type Where = Pick<CommandContext, 'database' | 'host'>;

/** A pool. Throws a 404, or a 409 if the path names no hypervisor and several have one. */
export async function readPool({ database, host }: Where, pool: string): Promise<CpoolBody> {
  const [rows] = await database.read([statement<PoolRow>(selectPools(scopeOf(host)), { host, pool })]);
  const [row] = rows;
  if (rows.length > 1)
    throw severalPlaces(
      `Pool ${pool}`,
      rows.map((each) => each.host),
    );
  if (row === undefined) {
    if (host !== null) await findHypervisor(database, host);
    throw unknownPool(pool);
  }
  return bodyOf(row);
}

const selectNamed = `
  SELECT ${columns} FROM json_each(:names) j CROSS JOIN ${networksCalled(poolKind, 'j.value', 'host')} ORDER BY j.key`;

/** The pools of these names on a hypervisor, without those that it does not have any more. */
export async function readNamedPools({ database, host }: Where, names: readonly string[]): Promise<CpoolBody[]> {
  const [rows] = await database.read([statement<PoolRow>(selectNamed, { host, names: JSON.stringify(names) })]);
  return rows.map(bodyOf);
}

export const poolList = networkList('cpools');

const selectPage = memoize((scope: Scope) => networksPage(poolKind, scope, columns));

/** Pools in the order of their names. Throws a 404 for an unknown hypervisor. */
export async function readPools(where: Where, page: Page<NetworkKey>): Promise<Part<CpoolBody, NetworkKey>> {
  const { database, host } = where;
  const [name, hypervisor] = page.after ?? FIRST_NETWORK;
  if (host !== null) await findHypervisor(database, host);
  const [rows] = await database.read([
    statement<PoolRow>(selectPage(scopeOf(host)), { host, name, hypervisor, limit: limitOf(page) }),
  ]);
  const { items, next } = partOf(rows, page, networkKeyOf);
  return { items: items.map(bodyOf), next };
}

function bodyOf({ name, host, spec, ...row }: PoolRow): CpoolBody {
  const { type, start_with, cins }: PoolRequest = JSON.parse(spec);
  return {
    cpoolID: name,
    ...{ type, start_with },
    cins: cins.map(({ cinID, default_route }) => (default_route === 'true' ? { cinID, default_route } : { cinID })),
    status: statusOf(row),
    containers: JSON.parse(row.containers),
    hypervisors: [host],
  };
}
