import { execFile, spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CONMON } from '../host-programs.ts';

const run = promisify(execFile);

/** What conmon reported: a line with the process id, or with -1 and runc's words; then a line with the exit code. */
export type Report = readonly { readonly data: number; readonly message?: string }[];

export interface MonitorOptions {
  readonly directory: string;
  /** Of conmon, all but its log. */
  readonly arguments: readonly string[];
  readonly output: (chunk: Buffer) => void;
}

/**
 * Runs conmon until the process has ended that it starts. conmon takes what its pipes hold then and waits for no one else who
 * has them open. Its log is a named pipe: a file would grow without limit, and a rotated one would lose its beginning.
 */
export async function monitor(options: MonitorOptions): Promise<Report> {
  const log = join(options.directory, 'log');
  await run('mkfifo', ['-m', '600', log]);
  const reading = new Socket({ fd: openSync(log, constants.O_RDONLY | constants.O_NONBLOCK), writable: false });
  // Until conmon has opened it: without a writer the pipe would be at its end.
  const writer = openSync(log, constants.O_WRONLY | constants.O_NONBLOCK);
  reading.on('data', options.output);
  const ended = endOf(reading);
  const reported = startMonitor([...options.arguments, '-l', `k8s-file:${log}`]).finally(() => closeSync(writer));
  const [text] = await Promise.all([reported, ended]);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Its reports. The pipe for them ends with conmon, as does its log. */
async function startMonitor(words: readonly string[]): Promise<string> {
  const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', _OCI_SYNCPIPE: '3' };
  const stdio = ['ignore', 'ignore', 'ignore', 'pipe'] as const;
  const child = spawn(CONMON, words, { detached: true, env: environment, stdio: [...stdio] });
  const failed = Promise.withResolvers<never>();
  child.once('error', failed.reject);
  const pipe = child.stdio[3];
  if (!(pipe instanceof Socket)) return failed.promise;
  let text = '';
  pipe.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  await Promise.race([endOf(pipe), failed.promise]);
  return text;
}

function endOf(socket: Socket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', reject).once('close', () => resolve());
  return promise;
}
