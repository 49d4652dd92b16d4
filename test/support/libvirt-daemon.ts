import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { removeDirectory } from './remove-directory.ts';
import { until } from './until.ts';

/** What libvirtd would otherwise share with that of the machine. */
const PRIVATE_DIRECTORIES = {
  run: '/run/libvirt',
  lib: '/var/lib/libvirt',
  etc: '/etc/libvirt',
  log: '/var/log/libvirt',
  cache: '/var/cache/libvirt',
} as const;

const DAEMON_CONFIGURATION = `
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
auth_unix_ro = "none"
auth_unix_rw = "none"
`;

/** QEMU runs as root, without anything that would need systemd, virtlogd or control groups of the machine. */
const QEMU_CONFIGURATION = `
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
stdio_handler = "file"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
`;

export interface LibvirtDaemonOptions {
  /** Lines of libvirtd.conf. */
  readonly configuration?: string;
}

/**
 * A libvirtd of a test: with directories of its own, in a mount namespace of its own, and in the network namespace of the
 * calling process. It may be killed and started again, which guests survive.
 */
export class LibvirtDaemon {
  /** The directory of its state, sockets and logs; paths of sockets must be short. */
  readonly directory = mkdtempSync('/run/libvirt-');
  /** The socket of the daemon. */
  readonly socket = join(this.directory, 'run', 'libvirt-sock');
  readonly #pidFile = join(this.directory, 'libvirtd.pid');
  #child: ChildProcess | null = null;

  private constructor({ configuration = '' }: LibvirtDaemonOptions) {
    for (const name of Object.keys(PRIVATE_DIRECTORIES)) mkdirSync(join(this.directory, name));
    writeFileSync(join(this.directory, 'etc', 'libvirtd.conf'), `${DAEMON_CONFIGURATION}${configuration}`);
    writeFileSync(join(this.directory, 'etc', 'qemu.conf'), QEMU_CONFIGURATION);
  }

  static async start(options: LibvirtDaemonOptions = {}): Promise<LibvirtDaemon> {
    const daemon = new LibvirtDaemon(options);
    try {
      await daemon.start();
      return daemon;
    } catch (error) {
      await daemon.stop();
      throw error;
    }
  }

  /** Starts it again, below tini(1), which waits for its QEMUs: libvirtd waits a second for one that has ended and stays. */
  async start(): Promise<void> {
    const mounts = Object.entries(PRIVATE_DIRECTORIES).map(
      ([name, path]) => `mkdir -p ${path} && mount --bind "$0/${name}" ${path} && `,
    );
    const command = `${mounts.join('')}exec tini -s -- libvirtd --config /etc/libvirt/libvirtd.conf --pid-file "$0/libvirtd.pid"`;
    const words = ['--mount', '--propagation', 'private', 'sh', '-c', command, this.directory];
    const log = openSync(join(this.directory, 'log', 'libvirtd.log'), 'a');
    const child = spawn('unshare', words, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#child = child;
    // The socket of a killed one may still be there.
    await until('libvirtd answers', () => {
      if (child.exitCode !== null) throw new Error(`libvirtd has ended:\n${this.log()}`);
      return this.#isAnswering();
    });
  }

  /** Ends it with a signal; its guests stay. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      this.#signal(signal);
      await exited;
    }
    this.#child = null;
    rmSync(this.#pidFile, { force: true });
  }

  /** Stops and resumes it: meanwhile it answers nothing. */
  pause(): void {
    this.#signal('SIGSTOP');
  }

  resume(): void {
    this.#signal('SIGCONT');
  }

  /** Ends it and its guests, and removes its directory. */
  async stop(): Promise<void> {
    this.resume();
    await this.kill();
    const guests = this.guests();
    for (const pid of guests) endProcess(pid);
    await until('the guests have ended', () => guests.every((pid) => !isRunning(pid)));
    await removeDirectory(this.directory);
  }

  /** Process ids of its QEMUs. */
  guests(): number[] {
    return globSync(join(this.directory, 'run', 'qemu', '*.pid'))
      .filter((path) => basename(path) !== 'driver.pid')
      .map((path) => Number(readFileSync(path, 'utf8')))
      .filter(isRunning);
  }

  log(): string {
    return readFileSync(join(this.directory, 'log', 'libvirtd.log'), 'utf8');
  }

  /** To libvirtd itself: tini ends with it. */
  #signal(signal: NodeJS.Signals): void {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    if (existsSync(this.#pidFile)) process.kill(Number(readFileSync(this.#pidFile, 'utf8')), signal);
    else child.kill(signal);
  }

  async #isAnswering(): Promise<boolean> {
    if (!existsSync(this.socket)) return false;
    return (await virsh(this, 'uri')).code === 0;
  }
}

export interface CommandOutcome {
  readonly code: number | null;
  readonly output: string;
}

/** Runs `virsh` on the daemon. */
export async function virsh(daemon: LibvirtDaemon, ...words: readonly string[]): Promise<CommandOutcome> {
  const uri = `qemu+unix:///system?socket=${daemon.socket}`;
  const child = spawn('virsh', ['-q', '-c', uri, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  return { code, output };
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** One that has ended and that nobody has waited for yet does not run. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
