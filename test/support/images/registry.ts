import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../database.ts';
import { whenFinished } from '../shared.ts';
import { until } from '../until.ts';
import { copyImage } from './skopeo.ts';

const LOOPBACK = '127.0.0.1';
export const USER = 'lab';
export const PASSWORD = 'correct-horse';
/** bcrypt of {@link PASSWORD}, as htpasswd(1) makes it. */
const HTPASSWD = `${USER}:$2y$05$abcdefghijklmnopqrstuuZ0Fx87Pb/Aqb0E90lfvCwzXnaFKUHpS\n`;

export interface RegistryOptions {
  /** Loopback by default. */
  readonly address?: string;
  /** Whether it wants {@link USER} and {@link PASSWORD}. */
  readonly isPrivate?: boolean;
}

/** Debian's docker-registry with a configuration and a storage of its own, until the running test ends. */
export class Registry {
  readonly #process: ChildProcess;
  /** `127.0.0.1:40000` */
  readonly address: string;
  readonly #options: RegistryOptions;

  private constructor(process: ChildProcess, address: string, options: RegistryOptions) {
    this.#process = process;
    this.address = address;
    this.#options = options;
  }

  static async start(options: RegistryOptions = {}): Promise<Registry> {
    const directory = temporaryDirectory();
    const file = join(directory, 'registry.json');
    const htpasswd = join(directory, 'htpasswd');
    writeFileSync(htpasswd, HTPASSWD);
    const configuration = {
      version: '0.1',
      storage: { filesystem: { rootdirectory: join(directory, 'storage') } },
      http: { addr: `${options.address ?? LOOPBACK}:0` },
      ...(options.isPrivate ? { auth: { htpasswd: { realm: 'test', path: htpasswd } } } : {}),
    };
    // YAML is a superset of JSON.
    writeFileSync(file, JSON.stringify(configuration));
    // A pipe would be full at some time: nobody reads while a test waits for a program.
    const log = join(directory, 'log');
    const descriptor = openSync(log, 'a');
    const child = spawn('docker-registry', ['serve', file], { stdio: ['ignore', 'ignore', descriptor] });
    closeSync(descriptor);
    const address = `${options.address ?? LOOPBACK}:${await listeningPort(log)}`;
    const registry = new Registry(child, address, options);
    whenFinished(() => registry.stop());
    return registry;
  }

  /** From then on it answers nobody. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  /** Pushes the image with the tag of a layout; returns its name. */
  push(layout: string, name: string, options: { tag?: string; all?: boolean } = {}): string {
    const full = `${this.address}/${name}`;
    const source = options.tag === undefined ? `oci:${layout}` : `oci:${layout}:${options.tag}`;
    const user = this.#options.isPrivate ? ['--dest-creds', `${USER}:${PASSWORD}`] : [];
    const all = options.all ? ['--all'] : [];
    copyImage('--dest-tls-verify=false', ...all, ...user, source, `docker://${full}`);
    return full;
  }
}

async function listeningPort(log: string): Promise<string> {
  let port: string | undefined;
  await until('the registry listens', () => {
    port = /listening on \S+:(\d+)/.exec(readFileSync(log, 'utf8'))?.[1];
    return port !== undefined;
  });
  return port ?? '';
}

/** A credentials file for a registry, as `docker login` writes it. */
export function credentialsFor(address: string, password = PASSWORD): string {
  const file = join(temporaryDirectory(), 'auth.json');
  const auth = Buffer.from(`${USER}:${password}`).toString('base64');
  writeFileSync(file, JSON.stringify({ auths: { [address]: { auth } } }), { mode: 0o600 });
  return file;
}
