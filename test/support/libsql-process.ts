import { startLibsqlServer } from './libsql-server.ts';

/* The libSQL server for tests as a separate process: libsql-process.ts PATH PORT [TOKEN] */

const [path, port, token] = process.argv.slice(2);
if (path === undefined || !Number.isInteger(Number(port)))
  throw new Error('usage: libsql-process.ts PATH PORT [TOKEN]');
const server = await startLibsqlServer(path, { port: Number(port), ...(token === undefined ? {} : { token }) });
console.log(server.url);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => server.close());
