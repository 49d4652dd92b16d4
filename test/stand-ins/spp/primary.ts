import { FRAME_BYTES, PHY_PORTS, type ProcessOptions, RINGS } from './era.ts';
import { PortMap } from './port-map.ts';
import { type Pipe, type PrimaryFacts, primaryStatus } from './primary-status.ts';
import { Frame, type Machine, type Reply, type Word } from './reply.ts';
import { placeOf, readResource, resultText } from './resource.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is spp_primary, as it was recorded: on its main core alone, so that it forwards nothing itself.
 */

export interface PrimaryOptions extends ProcessOptions, PrimaryFacts {}

const TYPES: readonly string[] = ['vhost', 'ring', 'pcap', 'memif', 'nullpmd'];

export function createPrimary(options: PrimaryOptions): Machine {
  return new Primary(options);
}

class Primary implements Machine {
  readonly receiveBytes: number;
  readonly #options: PrimaryOptions;
  readonly #ports: PortMap;
  readonly #pipes: Pipe[] = [];

  constructor(options: PrimaryOptions) {
    this.receiveBytes = FRAME_BYTES[options.era];
    this.#options = options;
    // Running only on the main core it has no map of its physical ports, so that patches do not find them.
    this.#ports = new PortMap(options.phyPorts ?? PHY_PORTS);
  }

  handle(command: string): Reply {
    const { era } = this.#options;
    const frame = new Frame(era, command);
    const [name, ...rest] = frame.words();
    // A blank command has no first word, which the process reads nevertheless.
    if (!name) return { kind: 'crash' };
    switch (name.text) {
      case 'status':
        return frame.replace(primaryStatus(this.#options, this.#pipes)).answer();
      case 'exit':
        return era === '2020' ? frame.replace(resultText('exit', true)).answer('exit') : { kind: 'exit' };
      case 'clear':
        if (era === 'seed-18.05') return frame.answer();
        return frame.overwrite(era === '2020' ? resultText('clear', true) : '{"status": "cleared"}').answer();
      default:
        return era === '2020' ? this.#more(frame, name.text, rest) : frame.answer();
    }
  }

  /** Commands that only the newest primary has. */
  #more(frame: Frame, name: string, rest: readonly Word[]): Reply {
    switch (name) {
      case 'forward':
      case 'stop':
        return frame.overwrite(resultText(name, true)).answer();
      case 'launch':
        return rest.length === 0 ? { kind: 'crash' } : frame.replace(resultText(name, true)).answer();
      case 'add':
      case 'del':
        return this.#change(frame, name, rest);
      case 'patch':
        return this.#patch(frame, rest);
      case 'flow':
        return frame.replace(flowReply(rest.map(({ text }) => text))).answer();
      default:
        return frame.answer();
    }
  }

  #change(frame: Frame, command: 'add' | 'del', [word, ...rest]: readonly Word[]): Reply {
    const resource = word ? readResource(frame, word) : 'crash';
    if (resource === 'crash') return { kind: 'crash' };
    // The process exits after the echo when it cannot parse a port.
    if (!resource) return frame.answer('exit');
    const { type, number } = resource;
    const done = command === 'add' ? this.#add(type, number, rest) : this.#remove(type, number);
    return frame.replace(resultText(command, done, `"port":"${type}:${number}"`)).answer();
  }

  #add(type: string, number: number, rest: readonly Word[]): boolean {
    if (type === 'pipe') return this.#addPipe(number, rest);
    // An unknown type is treated as the first of its devices.
    if (!TYPES.includes(type)) return true;
    if (this.#ports.find(type, number) !== undefined || type === 'pcap') return false;
    if (type === 'ring' && !this.#hasRing(number)) return false;
    if (type === 'vhost' && (this.#options.staleVhosts ?? []).includes(number)) return false;
    return this.#ports.add(type, number) !== undefined;
  }

  #addPipe(id: number, words: readonly Word[]): boolean {
    const [rx, tx] = words.map(({ text }) => (/^ring:[0-9]+$/.test(text) ? Number(text.slice('ring:'.length)) : -1));
    if (rx === undefined || tx === undefined || !this.#hasRing(rx) || !this.#hasRing(tx)) return false;
    if (this.#pipes.some((pipe) => pipe.id === id)) return false;
    this.#pipes.push({ id, rx, tx });
    return true;
  }

  #remove(type: string, number: number): boolean {
    if (!TYPES.includes(type)) return true;
    const place = this.#ports.find(type, number);
    if (place === undefined) return false;
    this.#ports.remove(place, 'the-first');
    return true;
  }

  #patch(frame: Frame, [source, target]: readonly Word[]): Reply {
    if (source?.text.startsWith('reset')) this.#ports.reset();
    if (!source || source.text.startsWith('reset') || !target) return frame.answer();
    const [from, to] = [readResource(frame, source), readResource(frame, target)];
    if (!from || !to || from === 'crash' || to === 'crash') return { kind: 'crash' };
    const [fromPlace, toPlace] = [placeOf(this.#ports, from), placeOf(this.#ports, to)];
    const done = fromPlace !== undefined && toPlace !== undefined && this.#ports.patch(fromPlace, toPlace);
    const pair = `"ports":{"src":"${from.type}:${from.number}","dst":"${to.type}:${to.number}"}`;
    return frame.replace(resultText('patch', done, pair)).answer();
  }

  #hasRing(number: number): boolean {
    return number >= 0 && number < (this.#options.rings ?? RINGS);
  }
}

/** Ports without hardware support, as on any test machine, reject all flow rules. */
function flowReply([action, , rule]: readonly string[]): string {
  if (action !== 'validate' && action !== 'create' && action !== 'destroy') {
    return flowError('Flow command invalid argument');
  }
  if (action === 'destroy' && rule !== 'ALL') {
    return flowError(/^[0-9]+$/.test(rule ?? '') ? `Flow rule #${rule} not found` : 'Flow command invalid argument');
  }
  const reason = 'Function not implemented';
  const lines = [
    `Flow ${action} error`,
    'error type: 1 (Cause unspecified)',
    `error message: ${reason}`,
    `rte_errno: ${reason}`,
  ];
  return flowError(lines.join('\\n'));
}

function flowError(message: string): string {
  return `{"result": "error", "message": "${message}"}`;
}
