import type { ImportedCin } from '../../../schema/api/leviathan-cins.ts';
import type { Arguments } from '../../../schema/statements/ending.ts';
import { idSeries } from '../../operations/new-id.ts';

/** The arguments of an import of CINs: the request, with ids for new rows. */
export function importArguments(cins: readonly ImportedCin[]): Arguments {
  const nextId = idSeries();
  return {
    cins: JSON.stringify(
      cins.map(({ cinID, cens, block }) => ({ name: cinID, id: nextId(), part: nextId(), cens, ...block })),
    ),
    names: JSON.stringify(censOf(cins)),
  };
}

/** All CENs of a request. */
export function censOf(cins: readonly ImportedCin[]): string[] {
  return cins.flatMap(({ cens }) => cens);
}
