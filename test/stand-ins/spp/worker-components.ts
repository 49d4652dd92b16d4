import { CORE_LIMIT, type ProcessOptions } from './era.ts';
import type { Direction, Port, WorkerPorts } from './worker-ports.ts';
import { UNTAGGED } from './worker-ports.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is the components of a vf or a mirror: those that were asked for, and those that run.
 *
 * A change is made to what was asked for and then carried out. Where that fails, an old process does not take it back:
 * what was asked for stays wrong, and fails again with every change that comes by it.
 */

export type ComponentType = 'forward' | 'merge' | 'classifier' | 'mirror' | 'none';

export interface Component {
  /** Its index among the components; the lowest free one is taken. */
  readonly place: number;
  readonly name: string;
  readonly type: ComponentType;
  readonly core: number;
  readonly ports: Readonly<Record<Direction, Port[]>>;
}

export interface RunningPort {
  readonly port: Port;
  readonly vlan: { readonly operation: 'none' | 'add' | 'del'; readonly id: number; readonly priority: number };
}

export interface RunningComponent {
  readonly name: string;
  readonly type: ComponentType;
  readonly ports: Readonly<Record<Direction, readonly RunningPort[]>>;
}

export interface Entry {
  readonly vlan: number;
  readonly address: bigint;
  readonly port: Port;
}

export type Outcome = 'done' | 'failed' | 'hang';

export class Components {
  readonly #options: ProcessOptions;
  readonly #ports: WorkerPorts;
  readonly #wanted = new Map<number, Component>();
  readonly #wantedOnCore = new Map<number, number[]>();
  readonly #running = new Map<number, RunningComponent>();
  readonly #runningOnCore = new Map<number, readonly number[]>();
  readonly #tables = new Map<number, readonly Entry[]>();
  readonly #changedCores = new Set<number>();
  readonly #changed = new Set<number>();

  constructor(options: ProcessOptions, ports: WorkerPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  find(name: string): Component | undefined {
    return this.#inOrder().find((component) => component.name === name);
  }

  /** The component that uses a port in this direction. */
  using(port: Port, direction: Direction): Component | undefined {
    return this.#inOrder().find(({ type, ports }) => type !== 'none' && ports[direction].includes(port));
  }

  /** The purpose of a core: the type of the requested components on it. */
  typeOnCore(core: number): ComponentType | undefined {
    const [first] = this.#wantedOnCore.get(core) ?? [];
    return first === undefined ? undefined : this.#wanted.get(first)?.type;
  }

  start(name: string, core: number, type: ComponentType): Outcome {
    if (core !== 0 && !this.#cores.includes(core)) return 'failed';
    const place = this.#freePlace();
    if (place === undefined) return 'failed';
    this.#wanted.set(place, { place, name, type, core, ports: { rx: [], tx: [] } });
    this.#wantedOnCore.set(core, [...(this.#wantedOnCore.get(core) ?? []), place]);
    this.#changedCores.add(core);
    return this.change(place);
  }

  stop({ place, core, type }: Component): Outcome {
    this.#wanted.delete(place);
    const others = (this.#wantedOnCore.get(core) ?? []).filter((each) => each !== place);
    this.#wantedOnCore.set(core, others);
    this.#changedCores.add(core);
    this.#changed.delete(place);
    const outcome = this.carryOut();
    // From the source: the newest vf clears a component before it checks whether it was a classifier.
    if (outcome === 'done' && type === 'classifier' && this.#options.era !== '2020') this.#tables.delete(place);
    return outcome;
  }

  change(place: number): Outcome {
    this.#changed.add(place);
    return this.carryOut();
  }

  /** Applies the requested changes to the running configuration. */
  carryOut(): Outcome {
    if (!this.#ports.make()) return 'failed';
    // The main core applies changes itself, and so waits for itself for ever.
    if (this.#changedCores.has(0)) return 'hang';
    for (const core of this.#changedCores) this.#runningOnCore.set(core, [...(this.#wantedOnCore.get(core) ?? [])]);
    const changed = this.#inOrder().filter(({ place }) => this.#changed.has(place));
    this.#changedCores.clear();
    this.#changed.clear();
    return changed.every((component) => this.#run(component)) ? 'done' : 'failed';
  }

  cores(): { core: number; components: RunningComponent[] }[] {
    return this.#cores.map((core) => ({
      core,
      components: (this.#runningOnCore.get(core) ?? []).flatMap((place) => this.#running.get(place) ?? []),
    }));
  }

  table(): Entry[] {
    return [...this.#tables].sort(([left], [right]) => left - right).flatMap(([, entries]) => entries);
  }

  get #cores(): readonly number[] {
    return [...(this.#options.cores ?? [])].sort((left, right) => left - right);
  }

  #inOrder(): Component[] {
    return [...this.#wanted.values()].sort((left, right) => left.place - right.place);
  }

  #freePlace(): number | undefined {
    return Array.from({ length: CORE_LIMIT }, (_, place) => place).find((place) => !this.#wanted.has(place));
  }

  #run({ place, name, type, ports }: Component): boolean {
    if (!fits(type, ports.rx.length, ports.tx.length)) return false;
    if ([...ports.rx, ...ports.tx].some(({ possible }) => !possible)) return false;
    if (type === 'classifier') this.#tables.set(place, entries(ports.tx));
    const running = { rx: ports.rx.map((port) => runs(port, 'rx')), tx: ports.tx.map((port) => runs(port, 'tx')) };
    this.#running.set(place, { name, type, ports: running });
    return true;
  }
}

/** Whether a component may have this number of ports. */
export function fits(type: ComponentType, rx: number, tx: number): boolean {
  switch (type) {
    case 'forward':
      return rx <= 1 && tx <= 1;
    case 'merge':
      return tx <= 1;
    case 'mirror':
      return rx <= 1 && tx <= 2;
    default:
      return true;
  }
}

function runs(port: Port, direction: Direction): RunningPort {
  const found = port.vlans.find((vlan) => vlan.direction === direction);
  return { port, vlan: found ?? { operation: 'none', id: 0, priority: 0 } };
}

/** The internal value of `default`: 00:00:00:00:00:01. */
export const DEFAULT_ADDRESS = 0x01_00_00_00_00_00n;

/** A classifier's table: by VLAN, those without one last; the default first; one port for an address. */
function entries(ports: readonly Port[]): Entry[] {
  const found = new Map<string, Entry>();
  for (const port of ports) {
    const { vlan, address } = port;
    if (address !== 0n) found.set(`${vlan}/${address}`, { vlan, address, port });
  }
  const isDefault = ({ address }: Entry): number => (address === DEFAULT_ADDRESS ? 0 : 1);
  return [...found.values()].sort(
    (left, right) =>
      Math.min(left.vlan, UNTAGGED) - Math.min(right.vlan, UNTAGGED) || isDefault(left) - isDefault(right),
  );
}
