import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Frame, FrameReader } from './frames.ts';
import { Keepalive } from './keepalive.ts';

const INTERVAL_MS = 5_000;
const PING = '0000001c 6b656570 00000001 00000001 00000002 00000000 00000000';
const PONG = '0000001c 6b656570 00000001 00000002 00000002 00000000 00000000';

function makeStage() {
  const sent: string[] = [];
  const said: string[] = [];
  const keepalive = new Keepalive({
    ...{ intervalMs: INTERVAL_MS, count: 2 },
    send: (frame) => sent.push(frame.toString('hex').replaceAll(/(.{8})(?=.)/g, '$1 ')),
    silent: (detail) => said.push(detail),
  });
  return { sent, said, keepalive };
}

function frameOf(text: string): Frame {
  const [frame] = new FrameReader().push(Buffer.from(text.replaceAll(' ', ''), 'hex'));
  if (frame === undefined) throw new Error('it is no message');
  return frame;
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('it answers the other end, and nothing to an answer', () => {
  const { sent, keepalive } = makeStage();
  keepalive.received(frameOf(PONG));
  expect(sent).toEqual([]);
  keepalive.received(frameOf(PING));
  expect(sent).toEqual([PONG]);
});

test('it asks after each interval without a sign, and gives up after the last answer is missing', () => {
  const { sent, said, keepalive } = makeStage();
  keepalive.start();
  vi.advanceTimersByTime(INTERVAL_MS);
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(2 * INTERVAL_MS);
  expect(sent).toEqual([PING, PING]);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(INTERVAL_MS);
  expect(said).toEqual(['libvirtd has not answered 2 keepalive messages, one every 5000 ms']);
  keepalive.stop();
});

test('whatever arrives is a sign', () => {
  const { sent, said, keepalive } = makeStage();
  keepalive.start();
  for (let count = 0; count < 10; count += 1) {
    vi.advanceTimersByTime(2 * INTERVAL_MS);
    keepalive.heard();
  }
  expect(sent).toHaveLength(10);
  expect(said).toEqual([]);
  keepalive.stop();
  vi.advanceTimersByTime(10 * INTERVAL_MS);
  expect(said).toEqual([]);
});
