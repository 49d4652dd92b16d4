import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { statement } from '../../schema/database/database.ts';
import { openEmbedded } from '../../schema/database/embedded.ts';
import { rowCounts } from '../support/database.ts';
import type { ServedInstance } from '../support/instance.ts';
import { LocalWeft } from '../support/local-weft.ts';

/* The API of the fleet on a database that no executor has used: like chypervisord, a service without a host. */

/** The hypervisor of chypervisord's document. */
export const ID = 'abcd1234-abcd-1234-abcd-1234abcd1234';
/** The subnet of chypervisord's document. */
export const SUBNET = 'c6430cba-648a-41aa-aee4-b59dacfc790d';
export const OTHER_SUBNET = 'd6430cba-648a-41aa-aee4-b59dacfc790d';
export const NOBODY = '11111111-1111-4111-8111-111111111111';

/** A server without an executor, on the given port. */
export function anApi(port?: number): Promise<LocalWeft> {
  return LocalWeft.serve(port);
}

/** A server with the hypervisor of the document. */
export async function aFleet(): Promise<LocalWeft> {
  const weft = await anApi();
  const resources = { memory: 1024, disk: 1024, cpu: 1 };
  await must(weft, 'POST', '/hypervisors', {
    id: ID,
    ip: '10.100.101.35',
    total_resources: resources,
    available_resources: resources,
  });
  return weft;
}

/** A request that must succeed; returns its body. */
export async function must<Body = Record<string, unknown>>(
  weft: ServedInstance,
  method: string,
  path: string,
  body?: unknown,
): Promise<Body> {
  const answer = await weft.request<Body>(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** All rows that a rejected request must leave unchanged. */
export async function written(weft: ServedInstance): Promise<unknown> {
  const database = openEmbedded(weft.databaseFile);
  try {
    const rows = await database.read([
      statement('SELECT * FROM hypervisors ORDER BY id'),
      statement('SELECT * FROM subnets ORDER BY id'),
      statement('SELECT * FROM subnet_interfaces ORDER BY hypervisor, subnet'),
      statement('SELECT * FROM addresses ORDER BY subnet, offset'),
    ]);
    return { counts: await rowCounts(database), rows };
  } finally {
    database.close();
  }
}

const run = promisify(execFile);

export interface CurlAnswer {
  readonly status: number;
  readonly text: string;
}

/** Runs a command line as a shell would, and reads the status in addition to the output of `curl`. */
export async function shell(command: string): Promise<CurlAnswer> {
  const { stdout } = await run('bash', ['-c', `${command} --silent --show-error -w '\\n%{http_code}'`]);
  const end = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(end + 1)), text: stdout.slice(0, end) };
}

/** The first member or parameter that a refusal names. */
export function placeOf(body: Record<string, unknown>): string | undefined {
  const [first] = (body.errors ?? []) as { pointer?: string; parameter?: string }[];
  return first?.pointer ?? first?.parameter;
}
