import { toInteger } from './c-numbers.ts';
import type { PortMap } from './port-map.ts';
import type { Frame, Word } from './reply.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is how the nfv and primary of 2020 read a port, and the commands on ports that both have.
 */

/** A port of a command; `queue` is 0 except for `phy:0nq1`. */
export interface Resource {
  readonly type: string;
  readonly number: number;
  readonly queue: number;
}

/** Undefined if it is not a port, upon which the process exits; it crashes if a half is missing altogether. */
export function readResource(frame: Frame, word: Word): Resource | 'crash' | undefined {
  if (!word.text.includes(':')) return undefined;
  const [type, rest] = frame.splitWord(word);
  if (type === undefined || rest === undefined) return 'crash';
  const [numberText = '', queueText = '0'] = rest.split('nq', 2);
  const number = toInteger(numberText, 10);
  const queue = toInteger(queueText, 10);
  return number === undefined || queue === undefined ? undefined : { type, number, queue };
}

/** The index of a port that can be patched: ports here have one queue. */
export function placeOf(ports: PortMap, { type, number, queue }: Resource): number | undefined {
  return queue === 0 ? ports.find(type, number) : undefined;
}

export function resultText(command: string, done: boolean, ...more: readonly string[]): string {
  return `{${[`"result":"${done ? 'succeeded' : 'failed'}"`, `"command":"${command}"`, ...more].join(',')}}`;
}
