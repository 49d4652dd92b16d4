import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import {
  type AttachRequest,
  type OvsChange,
  type OvsDriver,
  type OvsError,
  type OvsOptions,
  openOvsDriver,
} from '../../executor/drivers/ovs/driver.ts';
import { OvsDaemons } from './ovs-daemons.ts';

/* Open vSwitch with one bridge, and a driver, for a file of tests. */

const LOCK = 'weft_test';

export const labelOf = (name: string) => `weft:test/${name}`;

/** Made for each test of a file that has called {@link useOvs}. */
class OvsStage {
  daemons!: OvsDaemons;
  /** Has made the bridge `b0`, in userspace. */
  driver!: OvsDriver;
  /** What the driver has told of changes. */
  readonly changes: OvsChange[] = [];
  /** What the driver has logged. */
  readonly log: string[] = [];
  readonly #others: OvsDriver[] = [];

  /** Opens one more driver, which is closed after the test. */
  async open(options: Partial<OvsOptions> = {}): Promise<OvsDriver> {
    const driver = await openOvsDriver({ socket: this.daemons.socket, lock: LOCK, ...options });
    this.#others.push(driver);
    return driver;
  }

  async closeOthers(): Promise<void> {
    for (const driver of this.#others.splice(0)) await driver.close();
  }
}

export const stage = new OvsStage();

export function useOvs(): void {
  beforeAll(async () => {
    stage.daemons = await OvsDaemons.start();
  });

  beforeEach(async () => {
    stage.changes.length = 0;
    stage.log.length = 0;
    const log = (level: string, text: string) => stage.log.push(`${level} ${text}`);
    stage.driver = await openOvsDriver({ socket: stage.daemons.socket, lock: LOCK, log });
    await stage.driver.createBridge({ name: 'b0', label: labelOf('b0'), datapath: 'netdev' });
    stage.driver.subscribe((change) => stage.changes.push(change));
  });

  afterEach(async () => {
    await stage.closeOthers();
    await stage.driver.close();
    await stage.daemons.ensureRunning();
    for (const bridge of stage.daemons.vsctl('list-br').split('\n').filter(Boolean)) {
      stage.daemons.vsctl('--if-exists', 'del-br', bridge);
    }
  });

  afterAll(() => stage.daemons?.close());
}

/** A port whose device Open vSwitch makes. */
export function internal(port: string, tag: number | null = null, bridge = 'b0'): AttachRequest {
  return { bridge, port, tag, label: labelOf(port), type: 'internal' };
}

export const own = (port: string) => ({ port, label: labelOf(port) });

/** The OvsError that a call is rejected with. */
export async function refusalOf(call: Promise<unknown>): Promise<OvsError> {
  return await call.then(
    () => Promise.reject(new Error('the call was not refused')),
    (error) => error,
  );
}

/** The ports of each bridge as the driver sees them, by name. */
export async function portNames(driver = stage.driver): Promise<Record<string, readonly string[]>> {
  const { bridges } = await driver.view();
  return Object.fromEntries(bridges.map(({ name, ports }) => [name, ports.map((port) => port.name)]));
}
