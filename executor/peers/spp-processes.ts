import type { SppCommand } from '../../schema/api/spp/commands.ts';
import type {
  CommandResult,
  SppCommand as DriverCommand,
  ProcessInfo,
  ProcessKey,
  ProcessStatus,
  SppDriver,
} from '../drivers/spp/driver.ts';

/** The observed state of a process at one moment. */
export interface ProcessSnapshot {
  readonly process: number;
  readonly info: ProcessInfo;
  /** Its primary was restarted while it was running. */
  readonly stale: boolean;
  /** As JSON: the setting commands that were sent over this connection. Some of them leave no other trace. */
  readonly sent: ReadonlySet<string>;
  /** Increases with time, so that the newer of two sightings is known. */
  readonly version: number;
}

/**
 * The processes of a host by number, 0 being the primary, and whether their primary is still the one that they started
 * with.
 */
export class SppProcesses {
  readonly #driver: SppDriver;
  /** The generation of the primary that was connected last. */
  #primary: number | null = null;
  /** The secondaries that were connected when the primary disconnected, with their generations. */
  #orphaned: ReadonlyMap<number, number> = new Map();
  /** Secondaries that outlived their primary, with their known generations; null: none is known yet. */
  readonly #stale = new Map<number, number | null>();
  /** The commands that were sent to each connection of a primary, which shows little of them. */
  readonly #sent = new Map<number, { readonly generation: number; readonly commands: Set<string> }>();

  constructor(driver: SppDriver) {
    this.#driver = driver;
  }

  /** The knowledge of an earlier start: a process that reconnects is as stale as before. */
  rememberStale(processes: readonly number[]): void {
    for (const process of processes) this.#stale.set(process, null);
  }

  /** To be called when a process connected, disconnected, or changed. Returns the processes whose state is new. */
  noteChange(process: number): number[] {
    if (process !== 0) return [process];
    const generation = this.#driver.process('primary')?.generation;
    if (generation === this.#primary) return [process];
    const secondaries = this.#driver.processes().filter(({ key }) => key !== 'primary');
    if (generation === undefined) {
      this.#orphaned = new Map(secondaries.map(({ key, generation: own }) => [processOf(key), own]));
      return [process];
    }
    this.#primary = generation;
    const outlived = secondaries.filter(({ key, generation: own }) => this.#orphaned.get(processOf(key)) === own);
    for (const { key, generation: own } of outlived) this.#stale.set(processOf(key), own);
    this.#orphaned = new Map();
    return [process, ...outlived.map(({ key }) => processOf(key))];
  }

  snapshot(process: number): ProcessSnapshot | null {
    const info = this.#driver.process(keyOf(process));
    return info === null
      ? null
      : {
          process,
          info,
          stale: this.#isStale(process, info),
          sent: this.#sentTo(process, info.generation),
          version: sightingVersion(),
        };
  }

  /** A process that was restarted has nothing set; one that only reconnected has all that it had. */
  #isStale(process: number, { generation, status }: ProcessInfo): boolean {
    const known = this.#stale.get(process);
    if (known === undefined) return false;
    if (known !== generation && isBlank(status)) {
      this.#stale.delete(process);
      return false;
    }
    this.#stale.set(process, generation);
    return true;
  }

  #sentTo(process: number, generation: number): Set<string> {
    const sent = this.#sent.get(process);
    if (sent?.generation === generation) return sent.commands;
    const commands = new Set<string>();
    this.#sent.set(process, { generation, commands });
    return commands;
  }

  snapshots(): ProcessSnapshot[] {
    return this.#driver.processes().flatMap(({ key }) => this.snapshot(processOf(key)) ?? []);
  }

  /** Reads the status from the process; throws the driver's error if it does not answer. */
  async refresh(process: number): Promise<ProcessSnapshot | null> {
    await this.#driver.status(keyOf(process));
    return this.snapshot(process);
  }

  async send(process: number, command: Exclude<SppCommand, { kind: 'drop-patch' }>): Promise<CommandResult> {
    const given: DriverCommand = command;
    const generation = this.#driver.process(keyOf(process))?.generation;
    const result = await this.#driver.command(keyOf(process), given);
    if (generation !== undefined) this.#noteSent(process, generation, command);
    return result;
  }

  /**
   * A primary does not show its ports and refuses one that it has. After a reconnection, that refusal is the only
   * evidence of the port.
   */
  assumePresent(process: number, command: SppCommand): boolean {
    const generation = this.#driver.process(keyOf(process))?.generation;
    if (process !== 0 || generation === undefined) return false;
    this.#noteSent(process, generation, command);
    return true;
  }

  #noteSent(process: number, generation: number, command: SppCommand): void {
    if (process === 0) this.#sentTo(process, generation).add(JSON.stringify(command));
  }
}

/** In microseconds: unique within a process. */
export function sightingVersion(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

export function processOf(key: ProcessKey): number {
  return key === 'primary' ? 0 : key;
}

function keyOf(process: number): ProcessKey {
  return process === 0 ? 'primary' : process;
}

/** Whether a process is unconfigured, as after its start. Ports are not evidence: some come from the primary. Pure. */
export function isBlank(status: ProcessStatus): boolean {
  switch (status.type) {
    case 'vf':
    case 'mirror':
      return status.components.length === 0 && status.classifiers.length === 0;
    case 'nfv':
      return status.patches.length === 0 && !status.running;
    case 'pcap':
      return !status.running;
    case 'primary':
      return false;
  }
}
