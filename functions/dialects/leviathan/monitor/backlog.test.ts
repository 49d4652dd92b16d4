import { expect, it } from 'vitest';
import { Backlog, WAITING_BYTES, WAITING_MAX_BYTES, WAITING_MS } from './backlog.ts';

const BURST = WAITING_BYTES + 1;

it('is not too long while a client takes what waits between changes, however many there are', () => {
  const backlog = new Backlog();
  for (let turn = 0; turn < 10; turn += 1) {
    expect(backlog.isTooLong(0, turn * WAITING_MS)).toBe(false);
    expect(backlog.isTooLong(BURST, turn * WAITING_MS)).toBe(false);
    expect(backlog.isTooLong(WAITING_MAX_BYTES, turn * WAITING_MS + 1)).toBe(false);
  }
});

it('is too long when it has been for more than a moment', () => {
  const backlog = new Backlog();
  expect(backlog.isTooLong(BURST, 1)).toBe(false);
  expect(backlog.isTooLong(BURST, 1 + WAITING_MS)).toBe(false);
  expect(backlog.isTooLong(BURST, 2 + WAITING_MS)).toBe(true);
});

it('is too long at once when there is very much of it', () => {
  expect(new Backlog().isTooLong(WAITING_MAX_BYTES + 1, 1)).toBe(true);
});
