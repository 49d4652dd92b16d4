import { createConnection, createServer, type Server } from 'node:net';
import { Problem } from '../../schema/problem.ts';

export interface HostLock {
  release(): void;
}

const ANSWER_MS = 1_000;

/**
 * Admits one executor of a database on this host: an abstract UNIX socket (unix(7)), which is one per network
 * namespace and goes with its process, however that ends. Throws a {@link Problem} that names the holder.
 */
export async function lockHost(database: string): Promise<HostLock> {
  const name = `\0weft-executor-${database}`;
  const server = createServer((connection) => {
    connection.on('error', () => connection.destroy());
    connection.end(`${process.pid}\n`);
  });
  try {
    await listen(server, name);
  } catch (cause) {
    if (Reflect.get(Object(cause), 'code') !== 'EADDRINUSE') throw cause;
    const holder = await askHolder(name);
    throw new Problem(
      'conflict',
      `Another executor of this database runs on this host${holder === null ? '' : ` (pid ${holder})`}`,
      {
        hint: 'End that one first',
        cause,
      },
    );
  }
  server.unref();
  return { release: () => server.close() };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, resolve);
  });
}

function askHolder(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const connection = createConnection({ path, timeout: ANSWER_MS });
    let answer = '';
    const finish = (holder: string | null) => {
      connection.destroy();
      resolve(holder);
    };
    connection.setEncoding('utf8');
    connection.on('data', (text: string) => {
      answer += text;
    });
    connection.on('end', () => finish(/^\d+$/.test(answer.trim()) ? answer.trim() : null));
    connection.on('timeout', () => finish(null));
    connection.on('error', () => finish(null));
  });
}
