import { describe, expect, it } from 'vitest';
import { shared } from '../../support/shared.ts';
import { until } from '../../support/until.ts';
import { changeTests } from './changes.ts';
import { messageTests } from './messages.ts';
import { serve } from './serve.ts';
import { slowReaderTests } from './slow-reader.ts';

const served = shared(() => serve());
const stage = () => served().stage;

describe('messages', () => messageTests(stage));
describe('changes', () => changeTests(stage));
describe('a slow reader', () => slowReaderTests(stage));

it('refuses another host before the upgrade', async () => {
  await expect(stage().connect(undefined, { host: 'evil.example' })).rejects.toThrow(/: 421$/);
});

it('names the protocol in the answer to a request that is no upgrade', async () => {
  const answer = await fetch(`${stage().url}/leviathan/monitor`);
  expect(answer.headers.get('upgrade')).toBe('websocket');
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
