import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type NetnsDriver, openNetnsDriver, type VethEnd } from '../../executor/drivers/netns/driver.ts';
import { NetnsError } from '../../executor/drivers/netns/errors.ts';

/* Common to the tests on a real kernel: a driver with objects for it, iproute2 for verification, and ping. */

/** A driver, and helpers that create objects under the label of a test file. */
export class Workbench {
  readonly driver: NetnsDriver;
  readonly label: string;

  private constructor(driver: NetnsDriver, label: string) {
    this.driver = driver;
    this.label = label;
  }

  static async open(label: string): Promise<Workbench> {
    requirePrivateHost();
    return new Workbench(await openNetnsDriver(), label);
  }

  async close(): Promise<void> {
    await this.driver.close();
  }

  /** Makes namespaces, each with its name behind the file's label. */
  async makeNamespaces(...names: readonly string[]): Promise<void> {
    for (const name of names) await this.driver.createNamespace({ name, label: `${this.label}/${name}` });
  }

  async makeBridge(name: string): Promise<void> {
    await this.driver.createBridge({ name, alias: `${this.label}/${name}`, mac: '02:00:00:00:ff:ff' });
  }

  /** One end of a veth, up, with a hardware address derived from `number`. */
  end(namespace: string | null, name: string, number: number, bridge?: string): VethEnd {
    const alias = `${this.label}/${namespace ?? 'host'}/${name}`;
    const plain = { namespace, name, alias, mac: macOf(number), up: true };
    return bridge === undefined ? plain : { ...plain, bridge };
  }

  /** Removes the objects with the file's label, as a user of the driver would. */
  async clear(): Promise<void> {
    const { links, namespaces } = await this.driver.view('all');
    const owned = namespaces.filter(({ label }) => label?.startsWith(`${this.label}/`));
    for (const { name, label } of owned) await this.driver.deleteNamespace({ name, label: label ?? '' });
    const aliases = links.flatMap(({ alias }) => (alias?.startsWith(`${this.label}/`) ? [alias] : []));
    await this.driver.deleteLinks({ namespace: null, aliases });
  }
}

export function macOf(number: number): string {
  return `02:00:00:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 0xff).toString(16).padStart(2, '0')}`;
}

/** @throws Error unless the process is in a network namespace of its own, where it can do no harm */
function requirePrivateHost(): void {
  if (ip('route', 'show', 'default') !== '') throw new Error('these tests are to be run under `unshare -mn`');
}

/** Runs `ip` and returns what it prints. */
export function ip(...words: readonly string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The output of `ip -d link show` for a link; `null` for the host's own namespace. */
export function linkInWords(namespace: string | null, name: string): string {
  const where = namespace === null ? [] : ['-n', namespace];
  return ip(...where, '-d', 'link', 'show', 'dev', name);
}

/** Creates a link of a kind that the driver never creates (VXLAN, which kernels without modules have too). */
export function makeTunnel(namespace: string | null, name: string): void {
  const where = namespace === null ? [] : ['-n', namespace];
  tunnels += 1;
  ip(...where, 'link', 'add', name, 'type', 'vxlan', 'id', String(tunnels), 'dstport', '4789', 'local', '127.0.0.1');
}

let tunnels = 0;

/** Whether one ping passes from a namespace to an address, within two seconds. */
export function pings(namespace: string, address: string): boolean {
  try {
    execFileSync('ip', ['netns', 'exec', namespace, 'ping', '-n', '-c', '1', '-W', '2', address]);
    return true;
  } catch {
    return false;
  }
}

/** A ping that runs every 20 ms. */
export interface RunningPing {
  /** Sequence numbers that have been answered. */
  answered: readonly number[];
  /** Waits for that many more answers. */
  more(count: number): Promise<void>;
  stop(): Promise<void>;
}

const PING_INTERVAL_MILLISECONDS = 20;

export function startPing(namespace: string, address: string): RunningPing {
  const interval = String(PING_INTERVAL_MILLISECONDS / 1000);
  const child = spawn('ip', ['netns', 'exec', namespace, 'ping', '-n', '-i', interval, address], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const answered: number[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const sequence = / bytes from .* icmp_seq=(\d+) /.exec(line)?.[1];
    if (sequence !== undefined) answered.push(Number(sequence));
  });
  const more = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const enough = answered.length + count;
      const onLine = (): void => {
        if (answered.length < enough) return;
        lines.off('line', onLine);
        resolve();
      };
      lines.on('line', onLine);
    });
  const stop = async (): Promise<void> => {
    child.kill('SIGINT');
    await exited;
  };
  return { answered, more, stop };
}

/** The NetnsError that a call is rejected with. */
export async function refusalOf(call: Promise<unknown>): Promise<NetnsError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof NetnsError) return error;
    throw error;
  }
  throw new Error('the call was not refused');
}
