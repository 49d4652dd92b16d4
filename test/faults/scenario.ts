import { waiting } from '../conformance/example.ts';
import { picture } from '../support/host.ts';
import type { Instance } from '../support/instance.ts';
import { until } from '../support/until.ts';

export type Act = (weft: Instance) => Promise<unknown>;

/** One operation that is to survive a halt at each of its steps, however that is brought about. */
export interface Scenario {
  /** What is there before: it runs undisturbed. */
  readonly prepare: Act;
  /** The request whose operation is halted. */
  readonly act: Act;
  /** What else is to end as if nothing had happened: peers that outlive weft. */
  readonly outcome?: (weft: Instance) => Promise<unknown>;
  /** A step (`<step>:<nth time>`) that fails for good, so that the operation is undone and the host ends as it was before. */
  readonly failing?: string;
  /** Ends what outlives weft. */
  readonly clear?: () => Promise<void>;
}

export type Scenarios = Readonly<Record<string, Scenario>>;

export const nothing: Act = async () => undefined;

/** One request that is answered when its operation has ended. */
export function request(method: string, path: string, body?: unknown): Act {
  return (weft) => weft.request(method, path, body, waiting);
}

export function inOrder(...acts: readonly Act[]): Act {
  return async (weft) => {
    for (const act of acts) await act(weft);
  };
}

export function atRest(weft: Instance): Promise<void> {
  return until(
    'every operation has ended',
    async () => (await weft.sql('SELECT 1 FROM operation_subjects')).length === 0,
  );
}

export interface Outcome {
  readonly host: readonly string[];
  readonly rows: readonly unknown[];
  readonly other: unknown;
}

const selectRows = `
  SELECT 'cen' AS kind, name, spec, applied_spec, desired, state, error, wiring_type AS detail FROM cens
  UNION ALL SELECT 'container', name, spec, applied_spec, desired, state, error, NULL FROM containers
  UNION ALL SELECT 'name', name, kind, NULL, NULL, NULL, NULL, NULL FROM host_names
  UNION ALL SELECT 'member', outside, NULL, NULL, NULL, NULL, NULL, removed FROM members
  UNION ALL SELECT 'operation', kind, resource IS NULL, NULL, NULL, status, error, count(*) FROM operations GROUP BY kind, resource IS NULL, status, error
  UNION ALL SELECT 'spp ' || kind, name, spec, NULL, NULL, state, error, process FROM spp_items
  UNION ALL SELECT 'process', process, status, body, NULL, connected, NULL, stale FROM spp_processes
  UNION ALL SELECT 'interface', subnet, interface, NULL, NULL, state, error, NULL FROM subnet_interfaces
  UNION ALL SELECT 'guard', reason, ok, NULL, NULL, NULL, NULL, NULL FROM guard
  ORDER BY 1, 2, 3`;

/** Host and database, but for what differs from one run to the next: ids, labels and addresses made of them, times. */
export async function outcomeOf(weft: Instance, { outcome }: Pick<Scenario, 'outcome'>): Promise<Outcome> {
  // Peers may have to come back before the rows tell of them.
  const other = await outcome?.(weft);
  const host = picture().map((line) =>
    line
      .replaceAll(/weft:[0-9a-f-]+\/(hypervisors\/)?[0-9a-f-]+/g, 'label')
      .replaceAll(/02(:[0-9a-f]{2}){5}/g, 'address'),
  );
  return { host, rows: await weft.sql(selectRows), other };
}
