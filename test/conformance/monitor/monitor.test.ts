import { describe, expect, it } from 'vitest';
import { shared } from '../../support/shared.ts';
import { until } from '../../support/until.ts';
import { changeTests } from './changes.ts';
import { messageTests } from './messages.ts';
import { serve } from './serve.ts';

const served = shared(serve);
const stage = () => served().stage;

describe('messages', () => messageTests(stage));
describe('changes', () => changeTests(stage));

it('refuses another host before the upgrade', async () => {
  await expect(stage().connect(undefined, { host: 'evil.example' })).rejects.toThrow(/: 421$/);
});

it('names the protocol in the answer to a request that is no upgrade', async () => {
  const answer = await fetch(`${stage().url}/leviathan/monitor`);
  expect(answer.headers.get('upgrade')).toBe('websocket');
});

it('drops a client that reads too slowly with 1013, and others go on', async () => {
  const rows = await stage().cin();
  const names = Array.from({ length: 200 }, (_, index) => `c${index}`);
  await rows.add(names);
  const [slow, other] = [await stage().connect(), await stage().connect()];
  for (let monitor = 0; monitor < 200; monitor += 1) slow.send(startOf(rows.cin, String(monitor)));
  await until('200 monitors have started', () => slow.messages.length === 200);
  await other.start({ cinID: rows.cin });
  slow.socket.pause();
  for (let turn = 1; turn <= 4; turn += 1) {
    await rows.tag(`${turn}`.repeat(200), ...names);
    await other.untilTold(turn * names.length);
  }
  slow.socket.resume();
  await until('the slow one is dropped', () => slow.closed !== undefined);
  expect(slow.closed).toBe(1013);
  expect(slow.messages.length).toBeLessThan(200 * 5);
  await rows.add(['late']);
  expect(await other.untilTold(4 * names.length + 1)).toHaveLength(4 * names.length + 1);
});

it('ends connections with 1001 when it shuts down, and refuses further ones', async () => {
  const { close, stage: own } = await serve();
  const rows = await own.cin();
  const client = await own.connect();
  await client.start({ cinID: rows.cin });
  await close();
  await until('the client is told', () => client.closed !== undefined);
  expect(client.closed).toBe(1001);
  await expect(own.connect()).rejects.toThrow();
});

it('shuts down although a client does not answer', async () => {
  const { close, stage: own } = await serve();
  const client = await own.connect();
  client.socket.pause();
  await close();
  client.socket.resume();
  await until('the client is told', () => client.closed !== undefined);
});

function startOf(cinID: string, sequence: string) {
  return { type: 'start', sequence, monitor: 'CIN', parameters: { cinID } };
}
