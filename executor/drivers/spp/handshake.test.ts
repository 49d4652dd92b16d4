import { expect, test } from 'vitest';
import { identify } from './handshake.ts';

test('one function identifies the processes of all protocol versions', () => {
  const success = '"results": [ { "result": "success" } ]';
  expect(identify('1')).toEqual({ id: 1, type: 'nfv', handshake: 'integer' });
  expect(identify(`{ ${success}, "client_id": 2 }`)).toEqual({ id: 2, type: 'vf', handshake: 'json' });
  for (const type of ['vf', 'nfv', 'mirror', 'pcap']) {
    const reply = `{ ${success}, "client_id": 3, "process_type": "${type}" }`;
    expect(identify(reply)).toEqual({ id: 3, type, handshake: 'json-typed' });
  }
});

test('faults 10 and 11: an id is a whole number from 1', () => {
  for (const id of ['0', '-5', '1.5', 'NaN', 'x', '', '01', '1e3', '99999999999999999999', '１', '1 2']) {
    expect(typeof identify(id), id).toBe('string');
  }
  for (const id of ['0', '-5', '1.5', 'NaN', '"x"', '"1"', 'null', 'true', '[1]', '1e300']) {
    expect(typeof identify(`{"client_id":${id}}`), id).toBe('string');
    expect(typeof identify(`{"client_id":${id},"process_type":"nfv"}`), id).toBe('string');
  }
});

test('other text is rejected, and shown truncated', () => {
  for (const reply of [
    '{}',
    '[]',
    '[1]',
    'GET / HTTP/1.1',
    '{"client_id":',
    '{"client_id":1,"process_type":"toString"}',
  ]) {
    expect(typeof identify(reply), reply).toBe('string');
  }
  const reason = identify('\n\u001b'.repeat(10_000));
  expect(typeof reason === 'string' && reason.length < 1_000 && !/\p{Cc}/u.test(reason)).toBe(true);
});
