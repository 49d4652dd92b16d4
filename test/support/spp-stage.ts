import {
  openSppDriver,
  type ProcessKey,
  type SppDriver,
  type SppDriverOptions,
} from '../../executor/drivers/spp/driver.ts';
import { DEFAULT_LIMITS, type Timings } from '../../executor/drivers/spp/settings.ts';
import { type Answers, FakeProcess } from '../doubles/fake-process.ts';

/* Common to the tests of the driver: a driver on free ports, with shortened waits, and processes. */

const SHORT: Partial<Timings> = {
  handshake: 10_000,
  command: 10_000,
  status: 3_600_000,
  probe: 200,
  quiet: 30,
  refusalFirst: 100,
  refusalLongest: 400,
};

export interface Opened {
  driver: SppDriver;
  /** The arguments of the calls of `changed`. */
  changes: ProcessKey[];
  /** `warn an SPP connection is refused {…}`. */
  log: string[];
}

/** Whatever is opened on it is closed by `clear`, the last first. */
export class Stage {
  readonly #closing: (() => Promise<void>)[] = [];

  /** The periodic `status` does not run during a test, unless `timings` sets it. */
  async open({
    timings,
    limits,
    secondary,
  }: Partial<Pick<SppDriverOptions, 'timings' | 'limits' | 'secondary'>> = {}): Promise<Opened> {
    const changes: ProcessKey[] = [];
    const log: string[] = [];
    const anywhere = { host: '127.0.0.1', port: 0 };
    const driver = await openSppDriver({
      primary: anywhere,
      secondary: secondary ?? anywhere,
      timings: { ...SHORT, ...timings },
      limits: { ...DEFAULT_LIMITS, ...limits },
      log: (level, text, data) => log.push(`${level} ${text} ${JSON.stringify(data)}`),
      changed: (key) => changes.push(key),
    });
    this.closeLater(() => driver.close());
    return { driver, changes, log };
  }

  async join(driver: SppDriver, answers: Answers, role: 'primary' | 'secondary' = 'secondary'): Promise<FakeProcess> {
    const process = await FakeProcess.connect(driver[role], answers);
    this.closeLater(() => process.close());
    return process;
  }

  closeLater(close: () => Promise<void>): void {
    this.#closing.push(close);
  }

  async clear(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
  }
}
