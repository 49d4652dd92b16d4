import { picture } from '../support/host.ts';
import type { Instance } from '../support/instance.ts';
import type { Scenario } from './scenario.ts';
import { rowsOfKinds } from './scenarios/all.ts';

export interface Outcome {
  readonly host: readonly string[];
  readonly rows: readonly unknown[];
  readonly other: unknown;
}

const selectRows = [
  "SELECT 'name' AS of, json_array(name, kind) AS row FROM host_names",
  `SELECT 'operation', json_array(kind, resource IS NULL, status, error, count(*)) FROM operations
   GROUP BY kind, resource IS NULL, status, error`,
  "SELECT 'guard', json_array(reason, ok) FROM guard",
  ...rowsOfKinds,
].join(' UNION ALL ');

/** Host and database, except what differs between runs: ids, labels and addresses derived from them, times. */
export async function outcomeOf(weft: Instance, { outcome }: Pick<Scenario, 'outcome'>): Promise<Outcome> {
  // Peers may have to reconnect before the rows are complete.
  const other = await outcome?.(weft);
  const host = picture().map((line) =>
    line
      .replaceAll(/weft:[0-9a-f-]+\/(hypervisors\/)?[0-9a-f-]+/g, 'label')
      .replaceAll(/02(:[0-9a-f]{2}){5}/g, 'address'),
  );
  return { host, rows: await weft.sql(`${selectRows} ORDER BY 1, 2`), other };
}
