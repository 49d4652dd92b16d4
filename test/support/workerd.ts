import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { temporaryDirectory } from './database.ts';
import { whenFinished } from './shared.ts';

/** A Worker's variables, by name. */
export type Variables = Readonly<Record<string, string>>;

interface Listening {
  readonly event: string;
  readonly socket: string;
  readonly port: number;
}

const require = createRequire(import.meta.url);
// It is installed with wrangler, whose own requests to a Worker go through Node and hide workerd's errors.
const { default: program }: { default: string } = createRequire(require.resolve('wrangler/package.json'))('workerd');

/**
 * Runs one Worker for each set of variables in a workerd of the running test, which accesses the network itself.
 * Returns their URLs.
 */
export async function startWorkers(
  code: string,
  compatibilityDate: string,
  workers: readonly Variables[],
): Promise<string[]> {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'worker.js'), code);
  const configuration = join(directory, 'workers.capnp');
  writeFileSync(configuration, configure(compatibilityDate, workers));
  const child = spawn(program, ['serve', '--control-fd=3', configuration], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  whenFinished(async () => {
    child.kill();
    await ended;
  });
  let errors = '';
  child.stderr?.on('data', (text: Buffer) => {
    errors += text.toString();
  });
  const urls = new Map<string, string>();
  for await (const line of createInterface(child.stdio[3] as Readable)) {
    const { event, socket, port }: Listening = JSON.parse(line);
    if (event === 'listen') urls.set(socket, `http://127.0.0.1:${port}`);
    if (urls.size === workers.length) return workers.map((_, index) => urls.get(nameOf(index)) ?? '');
  }
  throw new Error(`workerd ended: ${errors}`);
}

function nameOf(index: number): string {
  return `worker${index}`;
}

function configure(compatibilityDate: string, workers: readonly Variables[]): string {
  const services = workers.map(
    (variables, index) => `
    (name = "${nameOf(index)}", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = ${JSON.stringify(compatibilityDate)},
      bindings = [${Object.entries(variables).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`)}],
      globalOutbound = "network"
    ))`,
  );
  const sockets = workers.map(
    (_, index) => `(name = "${nameOf(index)}", address = "127.0.0.1:0", http = (), service = "${nameOf(index)}")`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${services},
    (name = "network", network = (allow = ["public", "private"]))
  ],
  sockets = [${sockets}]
);
`;
}
