import * as v from 'valibot';
import { type List, limitOf, type Page, type Part, partOf } from '../../../schema/api/pages.ts';
import type { ProcessesBody } from '../../../schema/api/spp/answers.ts';
import type { ProcessType, SppProcess } from '../../../schema/api/spp/commands.ts';
import { missingProcess } from '../../../schema/api/spp/parameters.ts';
import { statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { alive } from '../../../schema/statements/alive.ts';
import type { hypervisors } from '../../../schema/tables/fleet.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import type { sppProcesses } from '../../../schema/tables/spp.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { findHypervisor } from '../../operations/targets/find-hypervisor.ts';
import { severalPlaces } from '../../operations/targets/scheduled.ts';
import { isNamed, type Target } from '../../operations/targets/target.ts';

type Where = Pick<CommandContext, 'database' | 'host'>;

/** Rows that were written by an executor that is no longer alive do not describe the present. */
const connected = `
  FROM hypervisors h CROSS JOIN spp_processes p ON p.hypervisor = h.id
  WHERE ${alive('h')} AND p.connected`;

const inScope = ({ host }: Where) => (host === null ? '' : `AND ${isNamed('h')}`);

const isProcess = 'AND p.process = :process AND p.type = :type';

const onlyOne = `SELECT CASE count(*) WHEN 1 THEN max(p.hypervisor) END ${connected} ${isProcess}`;
const connectedAnywhere = `(${onlyOne})`;
const connectedToNamed = `(${onlyOne} AND ${isNamed('h')})`;

/** The hypervisor that the process is connected to; none if two have such a process. */
export function connectedTo({ database, host }: Where, { process, type }: SppProcess): Target {
  return {
    sql: host === null ? connectedAnywhere : connectedToNamed,
    args: { process, type, host },
    // One that reconnected at this moment was not connected when the command was to be sent.
    problem: () => findProcess({ database, host }, { process, type }).then(() => missingProcess(process), asProblem),
  };
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}

/** Throws a 404, a 409 if two hypervisors have such a process, or a 422 if none can have one. */
export async function findProcess(where: Where, process: SppProcess): Promise<void> {
  await only(where, process, 'p.hypervisor');
}

/** The answer to a GET of the process, as JSON text. Throws like {@link findProcess}. */
export async function readProcess(where: Where, process: SppProcess): Promise<string> {
  return (await only(where, process, 'p.hypervisor, p.body')).body;
}

type Row = Pick<RowOf<typeof sppProcesses>, 'hypervisor' | 'body'> & Pick<RowOf<typeof hypervisors>, 'name'>;

async function only(where: Where, { process, type }: SppProcess, columns: string): Promise<Row> {
  const [rows] = await where.database.read([
    statement<Row>(`SELECT h.name, ${columns} ${connected} ${isProcess} ${inScope(where)}`, {
      host: where.host,
      process,
      type,
    }),
  ]);
  const [row] = rows;
  if (!row) throw (await unavailable(where)) ?? missingProcess(process);
  if (rows.length > 1)
    throw severalPlaces(
      'Such a process',
      rows.map(({ name }) => name),
    );
  return row;
}

const selectUnavailable = `
  SELECT name, capabilities ->> '$.spp.reason' AS reason FROM hypervisors
  WHERE NOT EXISTS (SELECT 1 FROM hypervisors WHERE coalesce(capabilities ->> '$.spp.available', 1)) ORDER BY created_ms LIMIT 1`;

/** If no hypervisor can have processes, that is the reason why this one is not connected. */
async function unavailable({ database, host }: Where): Promise<Problem | undefined> {
  if (host !== null) await findHypervisor(database, host);
  const [rows] = await database.read([statement<{ name: string; reason: string }>(selectUnavailable)]);
  const [row] = rows;
  return row && new Problem('impossible', `${row.name} cannot be reached by SPP processes: ${row.reason}`);
}

const processKeySchema = v.strictTuple([v.pipe(v.number(), v.safeInteger()), v.string()]);
type ProcessKey = v.InferOutput<typeof processKeySchema>;

/** Ordered by id, the primary first; the same id by hypervisor. */
export const processList: List<ProcessKey> = { name: 'processes', key: processKeySchema };

const selectPage = (behind: string, order: string) => `
  SELECT p.process, p.type, p.hypervisor FROM spp_processes p CROSS JOIN hypervisors h ON h.id = p.hypervisor
  WHERE ${behind} AND p.connected AND ${alive('h')} ORDER BY ${order} LIMIT :limit + 1`;

const selectPageOfFleet = selectPage('(p.process, p.hypervisor) > (:process, :hypervisor)', 'p.process, p.hypervisor');
const selectPageOfOne = selectPage(
  `p.hypervisor = (SELECT n.id FROM hypervisors n WHERE ${isNamed('n')}) AND p.process > :process`,
  'p.process',
);

/** The processes that are connected. */
export async function readProcesses(
  { database, host }: Where,
  page: Page<ProcessKey>,
): Promise<Part<ProcessesBody[number], ProcessKey>> {
  const [process, hypervisor] = page.after ?? [-1, ''];
  const place = host === null ? { process, hypervisor } : { process, host };
  const [rows] = await database.read([
    statement<{ process: number; type: ProcessType; hypervisor: string }>(
      host === null ? selectPageOfFleet : selectPageOfOne,
      { ...place, limit: limitOf(page) },
    ),
  ]);
  if (rows.length === 0 && host !== null) await findHypervisor(database, host);
  const { items, next } = partOf(rows, page, (row): ProcessKey => [row.process, row.hypervisor]);
  return {
    items: items.map((row) =>
      row.type === 'primary' ? { type: row.type } : { type: row.type, 'client-id': row.process },
    ),
    next,
  };
}
