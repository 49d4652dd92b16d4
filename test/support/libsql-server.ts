import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Engine } from './libsql/engine.ts';
import { Faults } from './libsql/faults.ts';
import { answerWithFault } from './libsql/faulty-answer.ts';
import type { StreamRequest } from './libsql/hrana.ts';
import { describeRequest, type ServedRequest } from './libsql/request-log.ts';

/*
 * A libSQL server for tests: the part of sqld that `@libsql/client` uses for a batch, over HTTP (Hrana 2, JSON), on a
 * local file, and with fault injection. It replaces sqld, for which there is neither an npm nor a Debian package.
 *
 * The process that serves a file must not open it with Node's SQLite too: locks of two copies of SQLite in one process
 * are invisible to each other.
 */

export interface LibsqlServerOptions {
  readonly token?: string;
  /** Any free port by default. */
  readonly port?: number;
  /** Maximum size of the rows of an answer; 10 MB, as in sqld. */
  readonly answerLimitBytes?: number;
  /** How long a request waits for another process' lock; 5 s. */
  readonly busyTimeoutMs?: number;
}

export interface LibsqlServer {
  readonly url: string;
  readonly faults: Faults;
  /** All requests so far, oldest first. */
  readonly requests: ServedRequest[];
  /** How many connections are open. */
  connections(): Promise<number>;
  /** Refuses connections, like a server that is down, until {@link start}. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Serves the file at `path`; the second argument may be the token alone. */
export async function startLibsqlServer(
  path: string,
  options: LibsqlServerOptions | string = {},
): Promise<LibsqlServer> {
  const {
    token,
    port = 0,
    answerLimitBytes = 10_000_000,
    busyTimeoutMs = 5_000,
  } = typeof options === 'string' ? { token: options } : options;
  const service: Service = {
    engine: new Engine(path, { answerLimitBytes, busyTimeoutMs }),
    token,
    faults: new Faults(),
    requests: [],
  };
  const server = createServer((request, response) => {
    serve(service, request, response).catch((error: unknown) => {
      if (!response.headersSent) sendJson(response, 500, { message: String(error) });
    });
  });
  const listening = await listen(server, port);
  return {
    url: `http://127.0.0.1:${listening}`,
    faults: service.faults,
    requests: service.requests,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    stop: () => stop(server),
    async start() {
      await listen(server, listening);
    },
    async close() {
      await stop(server);
      service.engine.close();
    },
  };
}

interface Service {
  readonly engine: Engine;
  readonly token: string | undefined;
  readonly faults: Faults;
  readonly requests: ServedRequest[];
}

async function serve(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST' || request.url !== '/v2/pipeline') return sendJson(response, 404, {});
  if (service.token !== undefined && request.headers.authorization !== `Bearer ${service.token}`) {
    return sendJson(response, 401, { error: 'Unauthorized: `the token is wrong`' });
  }
  const body = await text(request);
  const { requests }: { requests: StreamRequest[] } = JSON.parse(body);
  const served = describeRequest(requests, body.length);
  service.requests.push(served);
  const execute = async () => {
    served.executed += 1;
    return { baton: null, base_url: null, results: await service.engine.serve(requests) };
  };
  const fault = service.faults.take(served);
  if (fault === undefined) return sendJson(response, 200, await execute());
  served.fault = fault;
  await answerWithFault(fault, { requests, response, execute });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Returns the port. */
function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
