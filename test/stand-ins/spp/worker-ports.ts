import { toInteger } from './c-numbers.ts';
import { type Era, PHY_PORTS, PORT_LIMIT, type ProcessOptions, RINGS } from './era.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is the ports that a vf or a mirror knows.
 */

export type PortType = 'phy' | 'vhost' | 'ring';
export type Direction = 'rx' | 'tx';

const PORT_TYPES: readonly PortType[] = ['phy', 'vhost', 'ring'];

/** The VLAN id of a port without a VLAN. */
export const UNTAGGED = 4_095;

export interface VlanOperation {
  readonly direction: Direction;
  readonly operation: 'add' | 'del';
  readonly id: number;
  readonly priority: number;
}

export interface Port {
  readonly type: PortType;
  readonly number: number;
  /** Whether such a port can exist; if not, every change of a component that has it fails. */
  readonly possible: boolean;
  /** A port that was named in a `port add` once stays known, whatever happens later. */
  known: boolean;
  /** Whether the device was created; it is never removed. */
  made: boolean;
  vlans: VlanOperation[];
  /** The classifier's entry for this port: a port has at most one. */
  address: bigint;
  vlan: number;
}

/** Maximum number of VLAN operations of a port, over both directions. */
const VLAN_OPERATIONS = 4;

export class WorkerPorts {
  readonly #options: ProcessOptions;
  readonly #ports = new Map<string, Port>();

  constructor(options: ProcessOptions) {
    this.#options = options;
    for (let number = 0; number < this.phyPorts; number += 1) this.#port('phy', number).made = true;
  }

  get phyPorts(): number {
    return this.#options.phyPorts ?? PHY_PORTS;
  }

  /** The port of a text like `ring:0`, or undefined if the process does not accept it. */
  find(text: string): Port | undefined {
    const type = PORT_TYPES.find((each) => text.startsWith(`${each}:`));
    if (type === undefined) return undefined;
    const number = toInteger(text.slice(type.length + 1));
    if (number === undefined) return undefined;
    if (this.#era === '2020' && (number < 0 || number > PORT_LIMIT)) return undefined;
    return this.#port(type, number);
  }

  /** Whether the host has such a physical port, which only the newest vf checks. */
  hasQueues(port: Port): boolean {
    return port.type !== 'phy' || port.number < this.phyPorts;
  }

  /** Creates the devices of all known ports; false at the first that cannot be created, without the rest. */
  make(): boolean {
    for (const type of ['vhost', 'ring'] as const) {
      for (const port of this.#ofType(type)) {
        if (!port.known || port.made || !port.possible) continue;
        if (!this.#canMake(port)) return false;
        port.made = true;
      }
    }
    return true;
  }

  /** The numbers of the existing ports, as in the status. */
  numbers(type: PortType): string[] {
    const numbers = this.#ofType(type).filter(({ made }) => made);
    return numbers.map(({ number }) => (this.#era === '2020' ? `"${number}"` : `${number}`));
  }

  get #era(): Era {
    return this.#options.era;
  }

  #ofType(type: PortType): Port[] {
    const ports = [...this.#ports.values()].filter((port) => port.type === type);
    return ports.sort((left, right) => left.number - right.number);
  }

  #canMake({ type, number }: Port): boolean {
    return type === 'vhost'
      ? !(this.#options.staleVhosts ?? []).includes(number)
      : number < (this.#options.rings ?? RINGS);
  }

  #port(type: PortType, number: number): Port {
    const key = `${type}:${number}`;
    const found = this.#ports.get(key);
    if (found) return found;
    const limit = type === 'phy' ? this.phyPorts : PORT_LIMIT;
    const port: Port = {
      type,
      number,
      possible: number >= 0 && number < limit,
      // A physical port that the process was started with is known from the start.
      known: type === 'phy' && number >= 0 && number < limit,
      made: false,
      vlans: [],
      address: 0n,
      vlan: UNTAGGED,
    };
    this.#ports.set(key, port);
    return port;
  }
}

export function portName({ type, number }: Port): string {
  return `${type}:${number}`;
}

/** False if the port has no room for one more. */
export function addVlan(port: Port, operation: VlanOperation): boolean {
  if (port.vlans.length >= VLAN_OPERATIONS) return false;
  port.vlans.push(operation);
  return true;
}
