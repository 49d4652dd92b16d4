import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FrameReader } from './frame-reader.ts';
import { HANDSHAKE, identify } from './handshake.ts';
import type { ProcessType } from './protocol-version.ts';
import { isObject, replyResultOf } from './reply.ts';
import { parseStatus } from './status.ts';

const RECORDED = new URL('../../../test/stand-ins/spp/recorded/exchanges.jsonl', import.meta.url);
const TYPES: readonly string[] = ['primary', 'vf', 'nfv', 'mirror', 'pcap'] satisfies ProcessType[];

interface Exchange {
  era: string;
  process: ProcessType;
  command: string;
  /** Without padding. */
  reply: string;
  /** With padding. */
  bytes: number;
}

function isProcessType(value: unknown): value is ProcessType {
  return typeof value === 'string' && TYPES.includes(value);
}

function exchangeOf(line: string): Exchange {
  const value: unknown = JSON.parse(line);
  if (!isObject(value) || !isProcessType(value.process)) throw new Error(`no exchange: ${line}`);
  const { spp, process, command, reply, bytes } = value;
  return { era: String(spp), process, command: String(command), reply: String(reply), bytes: Number(bytes) };
}

/** All answers of real processes of three protocol versions, without timeouts. */
const EXCHANGES = readFileSync(RECORDED, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map(exchangeOf)
  .filter(({ bytes }) => bytes > 0);

/** The exchanges of each process, in order, as one conversation. */
const CONVERSATIONS = Map.groupBy(EXCHANGES, ({ era, process }) => `${process} of ${era}`);

function frameOf({ reply, bytes }: Exchange): Buffer {
  const frame = Buffer.alloc(bytes);
  frame.write(reply, 'utf8');
  return frame;
}

function readIn(reader: FrameReader, frame: Buffer, size: number): string | null {
  let text: string | null = null;
  let quiet = false;
  reader.expect();
  for (let at = 0; at < frame.length; at += size) {
    const reading = reader.push(frame.subarray(at, at + size));
    quiet = reading.kind === 'quiet';
    if (reading.kind === 'reply') text = reading.text;
    else if (reading.kind !== 'more' && !quiet) throw new Error(`the reader says ${reading.kind}`);
  }
  return quiet ? reader.settle() : text;
}

test('there are recordings of three protocol versions', () => {
  expect(EXCHANGES.length).toBeGreaterThan(300);
  expect(new Set(EXCHANGES.map(({ era }) => era)).size).toBe(3);
});

describe.each([...CONVERSATIONS])('the recording of a %s', (_name, exchanges) => {
  test.each([1, 7, 1_448, 100_000])('is read in pieces of %d bytes', (size) => {
    const reader = new FrameReader(1_048_576);
    for (const exchange of exchanges) expect(readIn(reader, frameOf(exchange), size)).toBe(exchange.reply);
  });
});

test('every identity is parsed, except that of id 0', () => {
  for (const { process, command, reply } of EXCHANGES) {
    if (command !== HANDSHAKE) continue;
    const identity = identify(reply);
    if (reply.includes('"client_id":0')) expect(typeof identity).toBe('string');
    else expect(identity).toMatchObject({ type: process });
  }
});

test('every status is parsed', () => {
  for (const { process, command, reply } of EXCHANGES) {
    if (command === 'status' && !isCrash(reply)) expect(parseStatus(process, reply), reply).not.toBe(null);
  }
});

test('every answer to a command is parsed', () => {
  for (const { command, reply } of EXCHANGES) {
    if (command.startsWith('status') || command === HANDSHAKE || isCrash(reply)) continue;
    expect(replyResultOf(reply, command).kind, `${command}: ${reply}`).not.toBe('unreadable');
  }
});

/** Some processes were about to crash when they were recorded. */
function isCrash(reply: string): boolean {
  return reply.includes('bad value(command)') || reply.includes('Invalid value (command)');
}
