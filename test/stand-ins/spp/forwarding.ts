import { toHardwareAddress, toInteger, toUnsigned } from './c-numbers.ts';
import { CORE_LIMIT, type Era, type ProcessOptions, workerWords } from './era.ts';
import type { Command, Result } from './worker.ts';
import { Components, type ComponentType, DEFAULT_ADDRESS, fits, type Outcome } from './worker-components.ts';
import { addVlan, type Direction, type Port, UNTAGGED, WorkerPorts } from './worker-ports.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is the commands that change the components, ports and table of a vf or a mirror. The order of the
 * checks is the order of the words, whatever else is wrong.
 */

/** Exclusive maximum length of a word. */
const WORD_LIMIT = 111;
const HIGHEST_PRIORITY = 7;

const DONE: Result = { kind: 'done' };

export class Forwarding {
  readonly ports: WorkerPorts;
  readonly components: Components;
  readonly #era: Era;
  readonly #vlanFields: readonly [string, string, string];
  readonly #types: Readonly<Record<string, ComponentType | undefined>>;

  /** `types`: the names of the component types that the process has. */
  constructor(options: ProcessOptions, types: Readonly<Record<string, ComponentType | undefined>>) {
    this.ports = new WorkerPorts(options);
    this.components = new Components(options, this.ports);
    this.#era = options.era;
    this.#vlanFields = workerWords(options.era).vlanFields;
    this.#types = types;
  }

  readonly component: Command = {
    words: [3, 5],
    run: ([, action, name = '', core, type]) => {
      if (action !== 'start' && action !== 'stop') return invalid('action');
      const found = this.components.find(name);
      if (name.length >= WORD_LIMIT || (action === 'start' && found)) return invalid('component name');
      if (action === 'stop') return found ? result(this.components.stop(found)) : result(this.components.carryOut());
      return this.#start(name, core, type);
    },
  };

  readonly port: Command = {
    words: [5, 8],
    run: (words) => {
      const [, action, text = '', direction, name = '', ...vlan] = words;
      if (action !== 'add' && action !== 'del') return invalid('action');
      const port = this.ports.find(text);
      // Only the newest vf allows setting the VLAN of a port again.
      const anew = this.#era === '2020' && words.length === this.port.words[1];
      const add = action === 'add';
      const used = (each: Direction): boolean =>
        add && !anew && port !== undefined && !!this.components.using(port, each);
      if (!port || (used('rx') && used('tx'))) return invalid('port');
      if (direction !== 'rx' && direction !== 'tx') return invalid('port rxtx');
      if (add && this.#era === '2020' && !this.ports.hasQueues(port)) return invalid('port rxtx');
      if (used(direction)) return invalid('port rxtx');
      if (!this.components.find(name) || name.length >= WORD_LIMIT) return invalid('component name');
      const operation = this.#vlan(vlan);
      if (typeof operation === 'string') return invalid(operation);
      return add ? this.#attach(port, direction, name, operation) : this.#detach(port, direction, name);
    },
  };

  readonly classifierTable: Command = {
    words: [5, 6],
    run: (words) => {
      const [, action, type] = words;
      const [vlanText, addressText = '', portText = ''] =
        words.length === 6 ? words.slice(3) : ['0', ...words.slice(3)];
      if (action !== 'add' && action !== 'del') return invalid('action');
      if (type !== 'mac' && type !== 'vlan') return invalid('type');
      const given = inRange(vlanText, UNTAGGED);
      if (given === undefined) return invalid('vlan id');
      const address = addressText === 'default' ? DEFAULT_ADDRESS : toHardwareAddress(addressText);
      if (address === undefined) return invalid('mac address');
      const vlan = type === 'mac' ? UNTAGGED : given;
      const port = this.ports.find(portText);
      const before = action === 'add' ? { vlan: UNTAGGED, address: 0n } : { vlan, address };
      if (!port?.known || port.vlan !== before.vlan || port.address !== before.address) return invalid('port');
      Object.assign(port, action === 'add' ? { vlan, address } : { vlan: UNTAGGED, address: 0n });
      const place = this.components.using(port, 'tx')?.place;
      return result(place === undefined ? this.components.carryOut() : this.components.change(place));
    },
  };

  #start(name: string, coreText: string | undefined, typeText: string | undefined): Result {
    // A start without core and type passes all checks, and is executed with zeros for them.
    const core = coreText === undefined ? 0 : toUnsigned(coreText);
    if (core === undefined || core >= CORE_LIMIT) return invalid('core');
    const type = typeText === undefined ? 'none' : Object.hasOwn(this.#types, typeText) && this.#types[typeText];
    if (!type) return invalid('component type');
    const other = this.components.typeOnCore(core);
    if (this.#era !== '2020' && other !== undefined && other !== type) {
      return typeText === undefined ? { kind: 'failed' } : invalid('component type');
    }
    return result(this.components.start(name, core, type));
  }

  /** The VLAN operation, if one is given, or the name of the invalid word. */
  #vlan(words: readonly string[]): VlanRequest | undefined | string {
    const [operation, idText, priorityText] = words;
    const [operationField, idField, priorityField] = this.#vlanFields;
    if (operation === undefined) return undefined;
    if (operation !== 'add_vlantag' && operation !== 'del_vlantag') return operationField;
    if (operation === 'del_vlantag') return { operation: 'del', id: 0, priority: 0 };
    const id = idText === undefined ? 0 : inRange(idText, UNTAGGED);
    if (id === undefined) return idField;
    if (priorityText === undefined) return { operation: 'add', id, priority: idText === undefined ? 0 : -1 };
    const priority = inRange(priorityText, HIGHEST_PRIORITY);
    return priority === undefined ? priorityField : { operation: 'add', id, priority };
  }

  #attach(port: Port, direction: Direction, name: string, vlan: VlanRequest | undefined): Result {
    const component = this.components.find(name);
    if (!component) return { kind: 'failed' };
    const { rx, tx } = component.ports;
    if (
      this.#era === '2020' &&
      !fits(component.type, rx.length + +(direction === 'rx'), tx.length + +(direction === 'tx'))
    ) {
      return { kind: 'failed' };
    }
    if (component.ports[direction].includes(port)) return this.#setAnew(port, direction, component.place, vlan);
    if (vlan && !addVlan(port, { ...vlan, direction })) return { kind: 'failed' };
    port.known = true;
    component.ports[direction].push(port);
    return result(this.components.change(component.place));
  }

  #setAnew(port: Port, direction: Direction, place: number, vlan: VlanRequest | undefined): Result {
    if (vlan?.operation !== 'add') return result(this.components.carryOut());
    const index = port.vlans.findIndex(({ operation }) => operation === 'add');
    if (index === -1) return { kind: 'failed' };
    port.vlans[index] = { ...vlan, direction };
    return result(this.components.change(place));
  }

  #detach(port: Port, direction: Direction, name: string): Result {
    const component = this.components.find(name);
    if (!component) return { kind: 'failed' };
    port.vlans = port.vlans.filter((vlan) => vlan.direction !== direction);
    const ports = component.ports[direction];
    const index = ports.lastIndexOf(port);
    if (index !== -1) ports.splice(index, 1);
    return result(this.components.change(component.place));
  }
}

interface VlanRequest {
  readonly operation: 'add' | 'del';
  readonly id: number;
  readonly priority: number;
}

function invalid(field: string): Result {
  return { kind: 'invalid', field };
}

function result(outcome: Outcome): Result {
  return outcome === 'done' ? DONE : { kind: outcome };
}

function inRange(text: string | undefined, highest: number): number | undefined {
  const value = toInteger(text ?? '');
  return value !== undefined && value >= 0 && value <= highest ? value : undefined;
}
