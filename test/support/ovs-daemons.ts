import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ip } from './netns-workbench.ts';
import { until } from './until.ts';

/* Open vSwitch's own daemons, for a test: their database, sockets and logs are in a directory of theirs. */

const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';

export class OvsDaemons {
  readonly directory: string;
  /** Of ovsdb-server. */
  readonly socket: string;
  #database: ChildProcess | null = null;
  #switch: ChildProcess | null = null;

  private constructor(directory: string) {
    this.directory = directory;
    this.socket = join(directory, 'db.sock');
  }

  /**
   * Starts ovsdb-server and ovs-vswitchd with an empty database. The directory is to be short, as paths of sockets are; by
   * default it is one in the private /run. It is removed with them.
   */
  static async start(directory = mkdtempSync('/run/ovs-')): Promise<OvsDaemons> {
    if (ip('route', 'show', 'default') !== '') throw new Error('Open vSwitch is to be tested under `unshare -mn`');
    mkdirSync(directory, { recursive: true });
    const daemons = new OvsDaemons(directory);
    execFileSync('ovsdb-tool', ['create', daemons.#databaseFile, SCHEMA]);
    try {
      await daemons.startDatabase();
      execFileSync('ovs-vsctl', ['--no-wait', `--db=unix:${daemons.socket}`, 'init']);
      await daemons.startSwitch();
    } catch (error) {
      await daemons.close();
      throw error;
    }
    return daemons;
  }

  async startDatabase(): Promise<void> {
    rmSync(this.socket, { force: true });
    const remotes = [`punix:${this.socket}`, 'db:Open_vSwitch,Open_vSwitch,manager_options'];
    this.#database = this.#spawn('ovsdb-server', this.#databaseFile, ...remotes.map((remote) => `--remote=${remote}`));
    await this.#isUp(this.#database, 'ovsdb-server has its socket', () => existsSync(this.socket));
  }

  async startSwitch(): Promise<void> {
    this.#switch = this.#spawn('ovs-vswitchd', `unix:${this.socket}`);
    const control = join(this.directory, `ovs-vswitchd.${this.#switch.pid}.ctl`);
    await this.#isUp(this.#switch, 'ovs-vswitchd has its socket', () => existsSync(control));
    // Waits until it has applied everything.
    this.vsctl('set', 'Open_vSwitch', '.', `external_ids:started=${this.#switch.pid}`);
  }

  /** As after a crash. */
  async killDatabase(): Promise<void> {
    await end(this.#database, 'SIGKILL');
    this.#database = null;
  }

  /** As after a crash: devices that it made are gone with it. */
  async killSwitch(): Promise<void> {
    await end(this.#switch, 'SIGKILL');
    this.#switch = null;
  }

  /** Starts those again that were killed, and continues those that were paused. */
  async ensureRunning(): Promise<void> {
    this.#database?.kill('SIGCONT');
    this.#switch?.kill('SIGCONT');
    if (this.#database === null) await this.startDatabase();
    if (this.#switch === null) await this.startSwitch();
  }

  /** Makes ovsdb-server or ovs-vswitchd do nothing, and accept bytes, until it is continued. */
  pause(which: 'database' | 'switch'): () => void {
    const child = which === 'database' ? this.#database : this.#switch;
    child?.kill('SIGSTOP');
    return () => child?.kill('SIGCONT');
  }

  /** Runs ovs-vsctl and returns what it prints. */
  vsctl(...words: readonly string[]): string {
    return execFileSync('ovs-vsctl', ['--timeout=30', `--db=unix:${this.socket}`, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  }

  /** Deletes a port from the file of the database while ovsdb-server is not running. */
  async deletePort(name: string): Promise<void> {
    const socket = join(this.directory, 'aside.sock');
    const aside = this.#spawn('ovsdb-server', this.#databaseFile, `--remote=punix:${socket}`);
    await this.#isUp(aside, 'ovsdb-server has another socket', () => existsSync(socket));
    execFileSync('ovs-vsctl', ['--no-wait', `--db=unix:${socket}`, 'del-port', name]);
    await end(aside, 'SIGTERM');
  }

  async close(): Promise<void> {
    await end(this.#switch, 'SIGTERM');
    await end(this.#database, 'SIGTERM');
    rmSync(this.directory, { recursive: true, force: true });
  }

  get #databaseFile(): string {
    return join(this.directory, 'conf.db');
  }

  #spawn(program: 'ovsdb-server' | 'ovs-vswitchd', ...words: readonly string[]): ChildProcess {
    const log = join(this.directory, `${program}.log`);
    // The switch makes a socket for each bridge in its working directory otherwise.
    const environment = { OVS_RUNDIR: this.directory, OVS_LOGDIR: this.directory, OVS_DBDIR: this.directory };
    return spawn(program, [...words, `--log-file=${log}`, '--no-chdir', '-vconsole:off'], {
      cwd: this.directory,
      env: { ...process.env, ...environment },
      stdio: 'ignore',
    });
  }

  async #isUp(child: ChildProcess, what: string, condition: () => boolean): Promise<void> {
    await until(what, () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${what}: no.\n${this.#logs()}`);
      return condition();
    });
  }

  #logs(): string {
    const names = readdirSync(this.directory).filter((name) => name.endsWith('.log'));
    return names.map((name) => readFileSync(join(this.directory, name), 'utf8')).join('\n');
  }
}

async function end(child: ChildProcess | null, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  // It may be paused.
  child.kill('SIGCONT');
  await exited;
}
