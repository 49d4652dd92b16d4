import type { Cpool } from '../../../schema/api/leviathan-pools.ts';
import { linkName, shortName } from '../../../schema/names.ts';
import { containerOfPool } from '../../../schema/resources/network/pools.ts';
import type { Arguments } from '../../../schema/statements/ending.ts';
import { idSeries } from '../../operations/new-id.ts';
import type { RequestedNames } from '../networks/link-conflict.ts';

/** The arguments of a request for pools: the pools, with their containers, and their networks, with ids for new rows. */
export function poolArguments(pools: readonly Cpool[]): Arguments {
  const nextId = idSeries();
  return {
    pools: JSON.stringify(
      pools.map((pool) => ({
        ...{ name: pool.cpoolID, id: nextId(), part: nextId() },
        ...{ type: pool.type, start_with: pool.start_with, cins: storedCins(pool) },
        containers: containersOf(pool).map((name) => ({ name, id: nextId(), short: shortName(name) })),
      })),
    ),
    networks: JSON.stringify(
      networksOf(pools).map((name) => ({
        ...{ name, id: nextId(), link: linkName(name) },
        cin: { id: nextId(), name },
      })),
    ),
  };
}

/** The names of containers and networks of a request. */
export function namesOf(pools: readonly Cpool[]): Required<RequestedNames> {
  return { cens: networksOf(pools), containers: pools.flatMap(containersOf) };
}

function containersOf({ cpoolID, start_with }: Cpool): string[] {
  return Array.from({ length: start_with }, (_, index) => containerOfPool(cpoolID, index + 1));
}

/** The CENs and CINs that pools name. */
export function networksOf(pools: readonly Cpool[]): string[] {
  return [...new Set(pools.flatMap(({ cins }) => cins.map(({ cinID }) => cinID)))];
}

/** As answers have them: without what is false. */
function storedCins({ cins }: Cpool): readonly { readonly cinID: string; readonly default_route?: 'true' }[] {
  return cins.map(({ cinID, default_route }) => (default_route ? { cinID, default_route: 'true' } : { cinID }));
}
