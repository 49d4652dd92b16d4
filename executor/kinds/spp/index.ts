import { operationKinds, REPLAY } from '../../../schema/api/spp/commands.ts';
import type { Database } from '../../../schema/database/database.ts';
import type { Configuration } from '../../../schema/process/configuration.ts';
import type { Logger } from '../../../schema/process/logger.ts';
import { type LogLevel, openSppDriver, type SppDriver } from '../../drivers/spp/driver.ts';
import { untilAvailable } from '../../loop/outage.ts';
import { fence, type Registration } from '../../loop/registration.ts';
import type { LoopTimes } from '../../loop/times.ts';
import { eventOf, sppRecords } from '../../records/spp.ts';
import { forgetProcesses, noteGone, noteProcess } from '../../records/spp-processes.ts';
import { type Health, type Kind, kind } from '../kind.ts';
import type { Touched } from '../resource.ts';
import { Panel, processOf, sightingVersion } from './panel.ts';
import { sppResource } from './resource.ts';

const operations = new Set([...Object.values(operationKinds), REPLAY]);

/** What a command changes its own report writes; what else changes waits so long, for others. */
const GATHER_MS = 50;

/** The ports that SPP processes connect to; what they do waits until the executor is registered. */
export interface SppListener {
  readonly driver: SppDriver;
  readonly panel: Panel;
  health(): Health;
  /** Called with a process that came, went, or reads differently. */
  onChange: (process: number) => void;
  close(): Promise<void>;
}

/** Opens the ports that SPP processes connect to, or keeps trying to: see `health`. */
export async function openSppListener(
  { sppPrimary, sppSecondary }: Pick<Configuration, 'sppPrimary' | 'sppSecondary'>,
  log: Pick<Logger, LogLevel>,
): Promise<SppListener> {
  let changed: (process: number) => void = () => undefined;
  const driver = await openSppDriver({
    primary: sppPrimary,
    secondary: sppSecondary,
    log: (level, text, data) => log[level](data, text),
    changed: (key) => changed(processOf(key)),
  });
  const listener: SppListener = {
    driver,
    panel: new Panel(driver),
    health: () => driver.health(),
    onChange: () => undefined,
    close: () => driver.close(),
  };
  changed = (process) => {
    for (const each of listener.panel.noteChange(process)) listener.onChange(each);
  };
  return listener;
}

interface SppHostOptions {
  readonly database: Database;
  readonly registration: Registration;
  readonly log: Logger;
  readonly times: LoopTimes;
  /** Whether what was set on a process is set again when it comes back. */
  readonly replay: boolean;
}

export interface SppHost {
  readonly kind: Kind;
  close(): Promise<void>;
}

/** Soft Patch Panel on this host: keeps the rows of its processes true, and joins their commands to their operations. */
export async function openSppHost(listener: SppListener, options: SppHostOptions): Promise<SppHost> {
  const { database, registration, log, times, replay } = options;
  const { hypervisor } = registration;
  const listeners = new Set<(touched: Touched) => void>();
  const notes = new ProcessNotes(listener.panel, options);
  const forget = [fence(registration), forgetProcesses(hypervisor)] as const;
  const [, known] = await untilAvailable(() => database.write(forget, { call: 'spp.forget' }), log, times);
  listener.panel.rememberStale(known.filter(({ stale }) => stale === 1).map(({ process }) => process));
  listener.onChange = (process) => {
    notes.add(process);
    for (const told of listeners) told([eventOf(process)]);
  };
  for (const { process } of listener.panel.seeAll()) listener.onChange(process);
  return {
    kind: kind({
      technology: 'spp',
      health: listener.health,
      operations,
      records: sppRecords(database, hypervisor, replay),
      resource: sppResource(listener.panel, (touched) => {
        listeners.add(touched);
        return () => listeners.delete(touched);
      }),
    }),
    async close() {
      listener.onChange = () => undefined;
      notes.close();
      await listener.driver.close();
    },
  };
}

/** Writes the rows of processes that changed by themselves: many at once, now and then. */
class ProcessNotes {
  readonly #panel: Panel;
  readonly #options: SppHostOptions;
  readonly #waiting = new Set<number>();
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(panel: Panel, options: SppHostOptions) {
    this.#panel = panel;
    this.#options = options;
  }

  /** That one has gone is written at once: nobody is to be told of it as if it were there. */
  add(process: number): void {
    this.#waiting.add(process);
    if (this.#panel.see(process) === null) void this.#write();
    else this.#timer ??= setTimeout(() => void this.#write(), GATHER_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { database, registration, log } = this.#options;
    const processes = [...this.#waiting];
    this.#waiting.clear();
    const statements = processes.map((process) => {
      const seen = this.#panel.see(process);
      return seen
        ? noteProcess(registration.hypervisor, seen)
        : noteGone(registration.hypervisor, process, sightingVersion());
    });
    try {
      await database.write([fence(registration), ...statements], { wakes: 'nobody', call: 'spp.note' });
    } catch (error) {
      if (this.#closed) return;
      // The database is away: what is true then is written when it is back.
      log.warn({ err: error }, 'the state of SPP processes could not be written');
      for (const process of processes) this.#waiting.add(process);
      this.#timer ??= setTimeout(() => void this.#write(), 20 * GATHER_MS);
    }
  }
}
