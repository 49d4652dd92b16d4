import { numberOf, numbersOf, objectsOf, textOf, textsOf } from './fields.ts';
import { parseObject } from './reply.ts';

export interface Patch {
  source: string;
  destination: string;
}

export interface NfvStatus {
  type: 'nfv';
  /** Null if the process does not report it, from 18.05 to 2018-10. */
  clientId: number | null;
  running: boolean;
  /** `phy:0`; ports that the process reports as undefined are omitted. */
  ports: string[];
  patches: Patch[];
  /** Null before 2019. */
  masterCore: number | null;
  cores: number[];
}

/** The status of an nfv in any of its three formats; null for any other text. */
export function parseNfvStatus(text: string): NfvStatus | null {
  if (text.startsWith('{')) return parseJsonForm(text);
  if (text.startsWith('status: ')) return parseTextForm(text);
  if (text.startsWith('Client ID ')) return parseFirstForm(text);
  return null;
}

/** From 2018-10: `{"client-id":1,"status":"running","ports":["phy:0"],"patches":[{"src":"phy:0","dst":"ring:6"}]}`. */
function parseJsonForm(text: string): NfvStatus | null {
  const answer = parseObject(text);
  const running = runningOf(textOf(answer?.status));
  if (answer === null || running === null) return null;
  const patches: Patch[] = [];
  for (const entry of objectsOf(answer.patches)) {
    const source = textOf(entry.src);
    const destination = textOf(entry.dst);
    if (source !== null && destination !== null) patches.push({ source, destination });
  }
  return {
    type: 'nfv',
    clientId: numberOf(answer['client-id'] ?? answer.client_id),
    running,
    ports: textsOf(answer.ports).filter(isDefined),
    patches,
    masterCore: numberOf(answer['master-lcore']),
    cores: numbersOf(answer.lcores),
  };
}

const TEXT_FORM = /^status: (\w+)\nports: '([^']*)'\s*$/;

/** 18.05 to 2018-10: `status: idling\nports: 'phy:0-ring:0,phy:1-null'`. */
function parseTextForm(text: string): NfvStatus | null {
  const [, word, list] = TEXT_FORM.exec(text) ?? [];
  const running = runningOf(word ?? null);
  if (running === null || list === undefined) return null;
  const status = emptyStatus(null, running);
  for (const entry of list.split(',')) {
    const [port = '', destination = 'null'] = entry.split('-');
    if (port === '' || !isDefined(port)) continue;
    status.ports.push(port);
    if (destination !== 'null' && isDefined(destination)) status.patches.push({ source: port, destination });
  }
  return status;
}

const FIRST_FORM_HEAD = /^Client ID (\d+) (\w+)/;
const FIRST_FORM_PORT = /^port[_ ]id: ?(\d+),on,([A-Z]+)(?:\((\d+)\))?,outport: ?(\S+)$/;

/**
 * Up to 18.02: a line for each port, `port_id:2,on,RING(0),outport:0`, where `outport` is the `port_id` of another one.
 */
function parseFirstForm(text: string): NfvStatus | null {
  const [, clientId, word] = FIRST_FORM_HEAD.exec(text) ?? [];
  const running = runningOf(word ?? null);
  if (running === null) return null;
  const status = emptyStatus(numberOf(clientId), running);
  const names = new Map<string, string>();
  const destinations: { source: string; out: string }[] = [];
  let physical = 0;
  for (const line of text.split('\n')) {
    const [, id, kind, number, out] = FIRST_FORM_PORT.exec(line.trim()) ?? [];
    if (id === undefined || kind === undefined || out === undefined) continue;
    // Physical ports have no number of their own: they are counted.
    const port = `${kind.toLowerCase()}:${number ?? physical}`;
    if (kind === 'PHY') physical += 1;
    names.set(id, port);
    status.ports.push(port);
    destinations.push({ source: port, out });
  }
  for (const { source, out } of destinations) {
    const destination = names.get(out);
    if (destination !== undefined) status.patches.push({ source, destination });
  }
  return status;
}

function emptyStatus(clientId: number | null, running: boolean): NfvStatus {
  return { type: 'nfv', clientId, running, ports: [], patches: [], masterCore: null, cores: [] };
}

function runningOf(word: string | null): boolean | null {
  switch (word?.toLowerCase()) {
    case 'running':
      return true;
    case 'idling':
    case 'idle':
      return false;
    default:
      return null;
  }
}

function isDefined(port: string): boolean {
  return !port.startsWith('udf');
}
