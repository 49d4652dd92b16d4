import { toInteger } from './c-numbers.ts';
import { FRAME_BYTES, PHY_PORTS, type ProcessOptions, RINGS } from './era.ts';
import { nfvStatus } from './nfv-status.ts';
import { PortMap, UNDEFINED_TYPE } from './port-map.ts';
import { Frame, type Machine, type Reply, type Word } from './reply.ts';
import { placeOf, readResource, resultText } from './resource.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is spp_nfv. The old one echoes every command, done or not; the new one says which.
 */

const OLD_TYPES: readonly string[] = ['vhost', 'ring', 'pcap', 'nullpmd'];
const NEW_TYPES: readonly string[] = [...OLD_TYPES, 'memif'];

export function createNfv(options: ProcessOptions): Machine {
  return options.era === '2020' ? new NewNfv(options) : new OldNfv(options);
}

/** Common to both: ports, patches and whether packets are forwarded. */
class Nfv {
  readonly options: ProcessOptions;
  readonly ports = new PortMap();
  clientId: number;
  running = false;

  constructor(options: ProcessOptions) {
    this.options = options;
    this.clientId = options.clientId;
    for (let number = 0; number < (options.phyPorts ?? PHY_PORTS); number += 1) this.ports.add('phy', number);
  }

  /** False if there is no such device. */
  make(type: string, number: number): boolean {
    if (this.ports.find(type, number) !== undefined) return false;
    if (type === 'ring' && (number < 0 || number >= (this.options.rings ?? RINGS))) return false;
    if (type === 'vhost' && (this.options.staleVhosts ?? []).includes(number)) return false;
    // It needs text2pcap, which was not installed on the recorded host.
    if (type === 'pcap') return false;
    return this.ports.add(type, number) !== undefined;
  }
}

class OldNfv implements Machine {
  readonly receiveBytes: number;
  readonly #nfv: Nfv;

  constructor(options: ProcessOptions) {
    this.receiveBytes = FRAME_BYTES[options.era];
    this.#nfv = new Nfv(options);
  }

  handle(command: string): Reply {
    const { options } = this.#nfv;
    const frame = new Frame(options.era, command);
    const words = frame.words();
    const [name, ...rest] = words;
    switch (name?.text) {
      case 'status':
        return frame.replace(nfvStatus(options, this.#nfv)).answer();
      case '_get_client_id':
        return frame.replace(`${this.#nfv.clientId}`).answer();
      case '_set_client_id': {
        const [id] = rest;
        if (!id) return { kind: 'crash' };
        this.#nfv.clientId = toInteger(id.text, 10) ?? this.#nfv.clientId;
        return frame.answer();
      }
      case 'exit':
        return { kind: 'exit' };
      case 'forward':
      case 'stop':
        this.#nfv.running = name.text === 'forward';
        return frame.answer();
      case 'add':
        return this.#add(rest) ? frame.answer() : { kind: 'crash' };
      case 'del':
        this.#nfv.running = false;
        return this.#remove(rest) ? frame.answer() : { kind: 'crash' };
      case 'patch':
        this.#patch(frame, rest);
        return frame.answer();
      default:
        return frame.answer();
    }
  }

  /** False if the process overruns its memory: it treats an unknown type as an existing port. */
  #add([type, numberWord]: readonly Word[]): boolean {
    if (!type || !numberWord) return true;
    if (!OLD_TYPES.includes(type.text)) return false;
    const number = toInteger(numberWord.text, 10);
    if (number !== undefined) this.#nfv.make(type.text, number);
    return true;
  }

  #remove([type, numberWord]: readonly Word[]): boolean {
    if (!type || !numberWord) return true;
    if (!OLD_TYPES.includes(type.text)) return false;
    const number = toInteger(numberWord.text, 10);
    if (number === undefined) return true;
    const place = this.#nfv.ports.find(type.text, number);
    if (place === undefined) return false;
    this.#nfv.ports.remove(place, 'its-source');
    return true;
  }

  #patch(frame: Frame, [source, target]: readonly Word[]): void {
    if (source?.text.startsWith('reset')) this.#nfv.ports.reset();
    if (!source || source.text.startsWith('reset') || !target) return;
    const from = this.#place(frame, source);
    if (from === 'unreadable') return;
    const to = this.#place(frame, target);
    if (from === undefined || to === undefined || to === 'unreadable') return;
    this.#nfv.ports.patch(from, to);
  }

  /** A port of a patch is `ring:0`, or its index. */
  #place(frame: Frame, word: Word): number | undefined | 'unreadable' {
    const place = toInteger(word.text, 10);
    if (place !== undefined) return place;
    const [type = '', numberText, ...more] = frame.splitWord(word);
    const number = more.length > 0 ? undefined : toInteger(numberText ?? '', 10);
    return number === undefined ? 'unreadable' : this.#nfv.ports.find(type, number);
  }
}

class NewNfv implements Machine {
  readonly receiveBytes: number;
  readonly #nfv: Nfv;

  constructor(options: ProcessOptions) {
    this.receiveBytes = FRAME_BYTES[options.era];
    this.#nfv = new Nfv(options);
  }

  handle(command: string): Reply {
    const { options } = this.#nfv;
    const frame = new Frame(options.era, command);
    const [name, ...rest] = frame.words();
    switch (name?.text) {
      case 'status':
        return frame.replace(nfvStatus(options, this.#nfv)).answer();
      case '_get_client_id': {
        const identity = `"client_id":${this.#nfv.clientId},"process_type":"nfv"`;
        return frame.replace(`{"results":[{"result":"success"}],${identity}}`).answer();
      }
      case '_set_client_id': {
        const [word] = rest;
        if (!word) return { kind: 'crash' };
        const id = toInteger(word.text, 10);
        this.#nfv.clientId = id ?? this.#nfv.clientId;
        return frame.overwrite(resultText('_set_client_id', id !== undefined)).answer();
      }
      case 'exit':
        return frame.overwrite(resultText('exit', true)).answer('exit');
      case 'forward':
      case 'stop':
        this.#nfv.running = name.text === 'forward';
        return frame.overwrite(resultText(name.text, true)).answer();
      case 'add':
      case 'del':
        return this.#change(frame, name.text, rest);
      case 'patch':
        return this.#patch(frame, rest);
      default:
        return frame.answer();
    }
  }

  #change(frame: Frame, command: 'add' | 'del', [word]: readonly Word[]): Reply {
    const resource = word ? readResource(frame, word) : 'crash';
    if (command === 'del') this.#nfv.running = false;
    if (resource === 'crash') return { kind: 'crash' };
    // The process exits after the echo when it cannot parse a port.
    if (!resource) return frame.answer('exit');
    const { type, number } = resource;
    const done = command === 'add' ? this.#add(type, number) : this.#remove(type, number);
    if (done === 'crash') return { kind: 'crash' };
    return frame.replace(resultText(command, done, `"port":"${type}:${number}"`)).answer();
  }

  #add(type: string, number: number): boolean {
    if (NEW_TYPES.includes(type)) return this.#nfv.make(type, number);
    // An unknown type clears the type of the first port, and is reported as a success.
    this.#nfv.ports.put(0, UNDEFINED_TYPE, number);
    return true;
  }

  #remove(type: string, number: number): boolean | 'crash' {
    if (!NEW_TYPES.includes(type)) return 'crash';
    const place = this.#nfv.ports.find(type, number);
    if (place === undefined) return false;
    this.#nfv.ports.remove(place, 'the-first');
    return true;
  }

  #patch(frame: Frame, [source, target]: readonly Word[]): Reply {
    if (source?.text.startsWith('reset')) this.#nfv.ports.reset();
    if (!source || source.text.startsWith('reset') || !target) return frame.answer();
    const [from, to] = [readResource(frame, source), readResource(frame, target)];
    if (!from || !to || from === 'crash' || to === 'crash') return { kind: 'crash' };
    const [fromPlace, toPlace] = [placeOf(this.#nfv.ports, from), placeOf(this.#nfv.ports, to)];
    const done = fromPlace !== undefined && toPlace !== undefined && this.#nfv.ports.patch(fromPlace, toPlace);
    const pair = `"ports":{"src":"${source.text}","dst":"${target.text}"}`;
    return frame.replace(resultText('patch', done, pair)).answer();
  }
}
