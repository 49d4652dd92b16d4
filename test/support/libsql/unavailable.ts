import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { migrate } from '../../../schema/database/migrate.ts';
import { openRemote } from '../../../schema/database/remote.ts';
import { insertHypervisor, temporaryDirectory } from '../database.ts';
import { type LibsqlServer, startLibsqlServer } from '../libsql-server.ts';
import type { Failure } from './failures.ts';

/** Sends a request to an API. */
export type AskApi = (method: string, path: string) => Promise<Response>;

/** A server for the running test with a database that an API can use. */
export async function serverWithHypervisor(token: string): Promise<LibsqlServer> {
  const server = await startLibsqlServer(join(temporaryDirectory(), 'weft.db'), token);
  onTestFinished(() => server.close());
  const database = openRemote(server.url, token);
  await migrate(database);
  await insertHypervisor(database);
  database.close();
  return server;
}

/** Checks that every answer of an API while its database fails like this reports it, and that the API recovers. */
export async function expectUnavailable(ask: AskApi, server: LibsqlServer, failure: Failure): Promise<void> {
  server.faults.set(failure.fault);
  const [health, list, spp] = await Promise.all([
    ask('GET', '/healthz'),
    ask('GET', '/operations'),
    ask('GET', '/v1/processes'),
  ]);
  expect(await describeAnswer(health)).toEqual(unavailable);
  expect(await describeAnswer(list)).toEqual(unavailable);
  expect({ status: spp.status, retry: spp.headers.get('retry-after') }).toEqual({ status: 503, retry: '1' });

  // The reads of a write before it writes are still answered.
  let ill = false;
  server.faults.set(({ mode }) => {
    ill ||= mode === 'write';
    return ill ? failure.fault : undefined;
  });
  const written = await describeAnswer(await ask('PUT', '/host/host1/c'));
  expect(written).toEqual(unavailable);
  if (failure.committed === 'unknown') expect(written.detail).not.toMatch(/nothing was/);

  server.faults.clear();
  expect((await ask('GET', '/operations')).status).toBe(200);
}

interface Described {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly type: string | null;
  readonly code: unknown;
  readonly detail: string;
}

const unavailable = {
  status: 503,
  retryAfter: '1',
  type: 'application/problem+json',
  code: 'unavailable',
  detail: expect.stringMatching(/^[^<\n]{1,600}$/),
};

async function describeAnswer(answer: Response): Promise<Described> {
  const body: { code?: unknown; detail?: unknown } = JSON.parse(await answer.text());
  return {
    status: answer.status,
    retryAfter: answer.headers.get('retry-after'),
    type: answer.headers.get('content-type'),
    code: body.code,
    detail: String(body.detail),
  };
}
