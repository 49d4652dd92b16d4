import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import type { Database } from '../schema/database/database.ts';
import { type Configuration, isLoopback, type ListenAddress } from '../schema/process/configuration.ts';
import type { Logger } from '../schema/process/logger.ts';
import { startProcess } from '../schema/process/process.ts';
import { createApp } from './app.ts';
import { SchemaCheck } from './http/schema-check.ts';
import { ConnectionLimit, connectionsWithin, descriptorLimit } from './node/connections.ts';
import { startExpiry } from './node/expiry.ts';
import { monitorPlatform } from './node/monitors.ts';
import { WebSockets } from './node/web-sockets.ts';

export interface RunningServer {
  /** The addresses that it listens on, as URLs. */
  readonly urls: readonly string[];
  close(): Promise<void>;
}

/** How long requests may wait for operations during shutdown: many operations end within that time. */
const WAITING_MS = 1_000;
const SHUTDOWN_MS = 5_000;
/** How often to look for connections to close during shutdown, after their last request. */
const IDLE_CHECK_MS = 50;

/** How long a client may take to send the header of a request, and how often that is checked. */
const HEADERS_MS = 10_000;
const HEADERS_CHECK_MS = 2_000;

/** Serves the API on all configured addresses, or on none. Throws Node's error if a port is taken. */
export async function startServer(
  configuration: Configuration,
  database: Database,
  log: Logger,
): Promise<RunningServer> {
  const hosts = new Set([
    ...configuration.listen.flatMap(hostNames),
    ...configuration.allowedHosts.map((host) => host.toLowerCase()),
  ]);
  const anyHost = configuration.listen.some(({ host }) => !isLoopback(host)) && configuration.allowedHosts.length === 0;
  const stopping = new AbortController();
  const settings = {
    database,
    stopping: stopping.signal,
    hosts: anyHost ? null : hosts,
    origins: new Set(configuration.allowedOrigins.map((origin) => origin.toLowerCase())),
    adminToken: configuration.adminToken,
    readBudget: Number.POSITIVE_INFINITY,
    computeStatus: configuration.computeStatus,
    hasFramedBodies: true,
    schema: new SchemaCheck(),
    report: (error: unknown, requestId: string) => log.error({ err: error, requestId }, 'request failed'),
  };
  const app = createApp(
    () => settings,
    undefined,
    monitorPlatform(database, (error) => log.error({ err: error }, 'monitors failed')),
  );
  const servers: Server[] = [];
  const limit = new ConnectionLimit(connectionsWithin(descriptorLimit()));
  const webSockets = new WebSockets((connection) => limit.keep(connection));
  const stopExpiry = startExpiry(database, log);
  const close = async () => {
    stopExpiry();
    const late = setTimeout(() => stopping.abort(), WAITING_MS);
    webSockets.close();
    await Promise.all(servers.map(closeServer));
    clearTimeout(late);
  };
  try {
    for (const address of configuration.listen) {
      const server = await listen(app.fetch, address, webSockets);
      servers.push(server);
      limit.watch(server);
      for (const name of hostNames({ ...address, port: portOf(server, address) })) hosts.add(name);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { urls: servers.map((server, index) => urlOf(server, configuration.listen[index])), close };
}

type Fetch = ReturnType<typeof createApp>['fetch'];

function listen(fetch: Fetch, { host, port }: ListenAddress, webSockets: WebSockets): Promise<Server> {
  return new Promise((resolve, reject) => {
    const serverOptions = { headersTimeout: HEADERS_MS, connectionsCheckingInterval: HEADERS_CHECK_MS };
    const websocket = { server: webSockets.open() };
    const server = serve({ fetch, hostname: host, port, serverOptions, websocket }, () => resolve(server as Server));
    server.once('error', reject);
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), SHUTDOWN_MS);
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    server.close(() => {
      clearTimeout(late);
      clearInterval(idle);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Values of `Host` that a client on this machine may use for an address. */
function hostNames({ host, port }: ListenAddress): string[] {
  const names = isLoopback(host) ? [host, 'localhost'] : [host];
  return names.map((name) => `${name.includes(':') ? `[${name}]` : name}:${port}`.toLowerCase());
}

function portOf(server: Server, { port }: ListenAddress): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

function urlOf(server: Server, address: ListenAddress | undefined): string {
  const host = address?.host ?? '';
  return `http://${host.includes(':') ? `[${host}]` : host}:${portOf(server, address ?? { host, port: 0 })}`;
}

if (import.meta.main) {
  await startProcess(async ({ configuration, database, log }) => {
    const server = await startServer(configuration, database, log);
    for (const url of server.urls) log.info(`the API listens on ${url}`);
    return server;
  });
}
