import type { ProcessesBody } from '../../../schema/api/spp/answers.ts';
import type { ProcessType } from '../../../schema/api/spp/commands.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { alive } from '../../../schema/statements/alive.ts';

/** A connected process; `missing` is what to answer when it is not there any more. */
export interface ConnectedProcess {
  readonly hypervisor: string;
  readonly missing: () => Problem;
}

/** What an executor that is not alive once wrote of its processes says nothing of now. */
const connected = `
  FROM hypervisors h CROSS JOIN spp_processes p ON p.hypervisor = h.id
  WHERE ${alive('h')} AND p.connected`;

const isProcess = `${connected} AND p.process = :process AND p.type = :type`;

/** A process that a path names; `missing` is what to answer when it is not there. */
export interface NamedProcess {
  readonly process: number;
  readonly type: ProcessType;
  readonly missing: () => Problem;
}

/** Which hypervisor it is connected to. Throws `missing`, or a 409 where two hypervisors have such a process. */
export async function findProcess(database: Database, named: NamedProcess): Promise<ConnectedProcess> {
  return { ...(await only(database, named, 'p.hypervisor')), missing: named.missing };
}

/** What a GET of it answers, as JSON text. Throws as {@link findProcess} does. */
export async function readProcess(database: Database, named: NamedProcess): Promise<string> {
  return (await only(database, named, 'p.hypervisor, p.body')).body;
}

async function only(
  database: Database,
  { process, type, missing }: NamedProcess,
  columns: string,
): Promise<{ hypervisor: string; body: string }> {
  const [rows] = await database.read([
    statement<{ hypervisor: string; body: string }>(`SELECT ${columns} ${isProcess}`, { process, type }),
  ]);
  const [row] = rows;
  if (!row) throw (await unavailable(database)) ?? missing();
  if (rows.length > 1) {
    throw new Problem('conflict', `${rows.length} hypervisors have such a process`);
  }
  return row;
}

const selectUnavailable = `
  SELECT name, capabilities ->> '$.spp.reason' AS reason FROM hypervisors
  WHERE NOT EXISTS (SELECT 1 FROM hypervisors WHERE coalesce(capabilities ->> '$.spp.available', 1)) ORDER BY created_ms LIMIT 1`;

/** No process is connected where none can connect: then that is the reason. */
async function unavailable(database: Database): Promise<Problem | undefined> {
  const [rows] = await database.read([statement<{ name: string; reason: string }>(selectUnavailable)]);
  const [row] = rows;
  return row && new Problem('impossible', `${row.name} cannot be reached by SPP processes: ${row.reason}`);
}

const selectProcesses = `SELECT p.process, p.type ${connected} ORDER BY p.process`;

/** Every connected process, the primary first, then by id. */
export async function readProcesses(database: Database): Promise<ProcessesBody> {
  const [rows] = await database.read([statement<{ process: number; type: ProcessType }>(selectProcesses)]);
  return rows.map(({ process, type }) => (type === 'primary' ? { type } : { type, 'client-id': process }));
}
