import { describe, expect, onTestFinished, test } from 'vitest';
import { padded } from '../../../test/doubles/fake-process.ts';
import { JsonEnd } from '../json-end.ts';
import { FrameReader } from './frame-reader.ts';

const LIMIT = 1_048_576;

interface Frame {
  text: string;
  bytes: Buffer;
}

function bare(text: string): Frame {
  return { text, bytes: Buffer.from(text, 'latin1') };
}

function framed(text: string, size: number): Frame {
  return { text, bytes: padded(text, size) };
}

/* Recorded answers of real processes, in three protocol versions. */
const CONVERSATIONS: Record<string, Frame[]> = {
  'a vf of 2018': [
    bare('{ "results": [ { "result": "success" } ], "client_id": 2 }'),
    bare(
      '{ "results": [ { "result": "success" } ], "info": { "client-id": 2, "phy": [ 0, 1 ], "vhost": [  ], "ring": [ 2, 3, 6 ], "core": [ { "core": 2, "name": "cls1", "type": "classifier_mac", "rx_port": [ { "port": "ring:6", "vlan": { "operation": "none", "id": 0, "pcp": 0 } } ], "tx_port": [ { "port": "ring:2", "vlan": { "operation": "add", "id": 677, "pcp": 3 } } ] }, { "core": 3, "type": "unuse" } ], "classifier_table": [ { "type": "mac", "value": "FA:16:3E:7D:CC:35", "port": "ring:2" } ] } }',
    ),
    bare('{ "results": [ { "result": "error", "error_details": { "message": "bad value(component name)" } } ] }'),
    bare('{ "results": [ { "result": "success" } ] }'),
  ],
  'an nfv of 18.05': [
    framed('1', 1_000),
    framed("status: idling\nports: 'phy:0-ring:0,phy:1-null,ring:0-phy:1'", 1_000),
    framed('add\0ring\x000', 1_000),
    framed('patch\0phy\x000\0ring\x000', 1_000),
    framed('patch\0reset', 1_000),
    framed('forward', 1_000),
  ],
  'an nfv of 2018-10': [framed('1', 2_048), framed('_set_client_id\x005', 2_048), framed('add\0ring', 2_048)],
  'a primary of 18.05': [framed('Server Idling\n', 1_000), framed('clear', 1_000), framed('Server Idling\n', 1_000)],
  'a primary of 2018-10': [
    framed(
      '{"phy_ports": [{"id": 0, "eth": "9e:24:a1:12:87:54", "rx": 0, "tx": 0, "tx_drop": 0}], "ring_ports": [{"id": 0, "rx": 0, "rx_drop": 0, "tx": 0, "tx_drop": 0}]}',
      2_048,
    ),
    framed('{"status": "cleared"}', 2_048),
    framed('nonsense', 2_048),
  ],
  'an nfv of 2020': [
    framed('{"results":[{"result":"success"}],"client_id":1,"process_type":"nfv"}', 32_768),
    framed('{"result":"succeeded","command":"add","port":"ring:0"}', 32_768),
    framed('patch\0reset', 32_768),
    framed('{"result":"failed","command":"patch","ports":{"src":"phy:0","dst":"ring:0"}}', 32_768),
    framed('patch\0reset', 32_768),
  ],
  'a primary of 2020': [
    framed(
      '{"result": "error", "message": "Flow validate error\\nerror type: 1 (Cause unspecified)\\nerror message: \\"}{\\" \\\\"}',
      32_768,
    ),
    framed('{"result":"succeeded","command":"clear"}', 32_768),
  ],
};

/** `bytes` in pieces of the sizes that `size` returns. */
function* cut(bytes: Buffer, size: () => number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + size());
    yield bytes.subarray(at, end);
    at = end;
  }
}

/** A generator of numbers from 1 to `highest`, reproducible by its seed. */
function sizes(seed: number, highest: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return 1 + ((state >>> 8) % highest);
  };
}

/** Reads one answer from the pieces; what follows it is padding, and is read too. */
function readOne(reader: FrameReader, pieces: Iterable<Buffer>): string[] {
  const texts: string[] = [];
  let quiet = false;
  reader.expect();
  for (const piece of pieces) {
    const reading = reader.push(piece);
    quiet = reading.kind === 'quiet';
    if (reading.kind === 'reply') texts.push(reading.text);
    else if (reading.kind !== 'more' && !quiet) throw new Error(`the reader says ${reading.kind}`);
  }
  const settled = quiet ? reader.settle() : null;
  return settled === null ? texts : [...texts, settled];
}

describe.each(Object.entries(CONVERSATIONS))('the answers of %s', (_name, frames) => {
  test('are read in one piece', () => {
    const reader = new FrameReader(LIMIT);
    for (const { text, bytes } of frames) expect(readOne(reader, [bytes])).toEqual([text]);
  });

  test('are read byte by byte', () => {
    const reader = new FrameReader(LIMIT);
    for (const { text, bytes } of frames)
      expect(
        readOne(
          reader,
          cut(bytes, () => 1),
        ),
      ).toEqual([text]);
  });

  test('are read in pieces of any size', () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const reader = new FrameReader(LIMIT);
      const size = sizes(seed, 1 + seed * 7);
      for (const { text, bytes } of frames) expect(readOne(reader, cut(bytes, size))).toEqual([text]);
    }
  });

  test('are read together with the padding of the previous one', () => {
    const reader = new FrameReader(LIMIT);
    let late = Buffer.alloc(0);
    for (const { text, bytes } of frames) {
      const input = Buffer.concat([late, bytes]);
      // JSON is complete before its padding has arrived; the end of any other text cannot be detected without.
      const end = text.startsWith('{') ? late.length + text.length : input.length;
      const first = input.subarray(0, end);
      late = Buffer.from(input.subarray(end));
      expect(readOne(reader, [first])).toEqual([text]);
    }
  });
});

test('the size of frames is inferred from the first two, and then there is no wait', () => {
  const reader = new FrameReader(LIMIT);
  reader.expect();
  expect(reader.push(padded('1', 2_048))).toEqual({ kind: 'quiet' });
  expect(reader.settle()).toBe('1');
  expect(reader.frameSize).toBe(2_048);
  reader.expect();
  expect(reader.push(padded('forward', 2_048))).toEqual({ kind: 'reply', text: 'forward' });
});

test('a pause within a frame of known size does not end it', () => {
  const reader = new FrameReader(LIMIT);
  readOne(reader, [padded('1', 1_000)]);
  reader.expect();
  const frame = padded('patch\0reset', 1_000);
  expect(reader.push(frame.subarray(0, 6)).kind).toBe('more');
  expect(reader.push(frame.subarray(6))).toEqual({ kind: 'reply', text: 'patch\0reset' });
});

test('a pause within the first frame does not lead to a wrong size', () => {
  const reader = new FrameReader(LIMIT);
  const frame = padded('1', 1_000);
  expect(readOne(reader, [frame.subarray(0, 300)])).toEqual(['1']);
  reader.expect();
  expect(reader.push(Buffer.concat([frame.subarray(300), padded('stop', 1_000)]))).toEqual({
    kind: 'reply',
    text: 'stop',
  });
  expect(reader.frameSize).toBe(1_000);
});

test('JSON that a process truncated at the end of its buffer ends with its padding', () => {
  const reader = new FrameReader(LIMIT);
  expect(
    readOne(
      reader,
      cut(padded('{"ports":["phy:0', 1_000), () => 7),
    ),
  ).toEqual(['{"ports":["phy:0']);
});

test('fault 4: unrequested data is distinguished from the next answer', () => {
  const reader = new FrameReader(LIMIT);
  expect(reader.push(Buffer.from('status')).kind).toBe('unasked');
  const second = new FrameReader(LIMIT);
  second.expect();
  expect(second.push(Buffer.from('{ "a": [  ] }{ "b')).kind).toBe('unasked');
});

test('a line break after an answer is ignored', () => {
  const reader = new FrameReader(LIMIT);
  const frame = padded('{"status":"idling"}\n', 1_000);
  expect(readOne(reader, [frame])).toEqual(['{"status":"idling"}']);
  expect(readOne(reader, [padded('stop', 1_000)])).toEqual(['stop']);
  expect(reader.frameSize).toBe(1_000);
});

test('an answer over the limit is detected, as text, JSON or only padding', () => {
  for (const filling of ['x', '{', '\0']) {
    const reader = new FrameReader(10_000);
    reader.expect();
    const piece = Buffer.alloc(4_000, filling);
    expect([reader.push(piece).kind, reader.push(piece).kind, reader.push(piece).kind]).toEqual([
      'more',
      'more',
      'overflow',
    ]);
  }
});

/** Which argument of a method is the start offset; the next one is the end. */
const beginnings = [
  [Buffer.prototype, 'copy', 2],
  [Buffer.prototype, 'compare', 3],
  [Buffer.prototype, 'indexOf', 1],
  [Buffer.prototype, 'toString', 1],
  [JsonEnd.prototype, 'scan', 1],
] as const;

/** Returns the number of bytes copied, compared, searched or read so far; for the rest of the test. */
function countBytes(): () => number {
  let bytes = 0;
  for (const [prototype, name, at] of beginnings) {
    const method = Reflect.get(prototype, name);
    Reflect.set(prototype, name, function (this: Buffer, ...args: unknown[]) {
      const whole = this instanceof Buffer ? this : (args[0] as Buffer);
      bytes += Number(args[at + 1] ?? whole.length) - Number(args[at] ?? 0);
      return Reflect.apply(method, this, args);
    });
    onTestFinished(() => void Reflect.set(prototype, name, method));
  }
  const { concat } = Buffer;
  Buffer.concat = (...args) => {
    const whole = concat(...args);
    bytes += whole.length;
    return whole;
  };
  onTestFinished(() => {
    Buffer.concat = concat;
  });
  return () => bytes;
}

test('fault 3: a status of a megabyte in tiny pieces costs no more reads than in one', () => {
  const entry = '{ "port": "ring:1", "vlan": { "operation": "none", "id": 0, "pcp": 0 } }';
  const text = `{ "results": [ ${Array(13_000).fill(entry).join(', ')} ] }`;
  const reader = new FrameReader(LIMIT);
  const pieces = cut(Buffer.from(text), () => 16);
  const work = countBytes();
  expect(readOne(reader, pieces)).toEqual([text]);
  expect(work()).toBeLessThan(6 * text.length);
});

test('a frame full of gaps is read only a few times', () => {
  const reader = new FrameReader(LIMIT);
  const frame = Buffer.alloc(900_000);
  frame[0] = 0x78;
  frame[800_000] = 0x78;
  const pieces = cut(frame, () => 1_000);
  const work = countBytes();
  expect(readOne(reader, pieces)).toHaveLength(1);
  expect(work()).toBeLessThan(6 * frame.length);
});
