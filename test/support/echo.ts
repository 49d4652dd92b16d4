import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { whenFinished } from './shared.ts';

/*
 * TCP between network namespaces: a process in each, since a process cannot open a socket in another one's namespace.
 */

const run = promisify(execFile);

const PORT = 7;

/** Sends back what it receives. */
const serve = `require('net').createServer((socket) => socket.pipe(socket)).listen(${PORT}, '0.0.0.0', () => console.log('ready'))`;

/** Prints, of each address, what came back of a text that was sent there, or the error. */
const ask = `
  const [timeout, ...hosts] = process.argv.slice(1);
  for (const host of hosts) {
    const socket = require('net').connect({ host, port: ${PORT}, timeout: Number(timeout) });
    const text = 'to ' + host;
    socket.on('connect', () => socket.end(text));
    socket.on('timeout', () => socket.destroy(new Error('timeout')));
    let received = '';
    socket.on('data', (data) => { received += data; });
    socket.on('error', (error) => console.log(host, error.code ?? error.message));
    socket.on('end', () => console.log(host, received === text ? 'echo' : 'other'));
  }`;

function inNamespace(namespace: string, ...command: readonly string[]): readonly [string, string[]] {
  return ['ip', ['netns', 'exec', namespace, process.execPath, ...command]];
}

/** Starts a server in each of these namespaces, which ends with the test. */
export async function startEchoServers(namespaces: readonly string[]): Promise<void> {
  const servers = namespaces.map((namespace): ChildProcess => {
    const [program, args] = inNamespace(namespace, '--eval', serve);
    return spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  });
  whenFinished(async () => {
    for (const server of servers) {
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGKILL');
        await once(server, 'exit');
      }
    }
  });
  await Promise.all(servers.map((server) => server.stdout && once(server.stdout, 'data')));
}

/** Which of these addresses answer over TCP from a namespace; the others are given up after a time. */
export async function echoes(namespace: string, addresses: readonly string[], timeoutMs = 20_000): Promise<string[]> {
  const [program, args] = inNamespace(namespace, '--eval', ask, String(timeoutMs), ...addresses);
  const { stdout } = await run(program, args);
  return stdout
    .split('\n')
    .flatMap((line) => (line.endsWith(' echo') ? [line.split(' ')[0] ?? ''] : []))
    .sort();
}
