import { expect, test } from 'vitest';
import { SUCCESS, vfError } from '../../../test/doubles/fake-process.ts';
import { replyResultOf } from './reply.ts';

const DONE = { kind: 'done' };
const ECHO = { kind: 'echo' };
const UNREADABLE = { kind: 'unreadable' };

test('vf, mirror and pcap: success, or the message of the process, verbatim', () => {
  expect(replyResultOf(SUCCESS, 'component stop fwd1')).toEqual(DONE);
  for (const message of ['bad value(component name)', 'error occur', 'Invalid value (port rxtx)']) {
    expect(replyResultOf(vfError(message), 'port add ring:0 rx fwd1')).toEqual({ kind: 'refused', message });
  }
  expect(replyResultOf('{ "results": [ { "result": "error" } ] }', 'start')).toEqual({
    kind: 'refused',
    message: 'error',
  });
  expect(replyResultOf('{ "results": [  ] }', 'start')).toEqual(UNREADABLE);
  expect(replyResultOf('{ "results": [ 1 ] }', 'start')).toEqual(UNREADABLE);
});

test('fault 14: an nfv that answers "failed" has failed', () => {
  const failed = '{"result":"failed","command":"patch","ports":{"src":"phy:0","dst":"ring:0"}}';
  expect(replyResultOf(failed, 'patch phy:0 ring:0')).toEqual({ kind: 'refused', message: 'failed' });
  expect(replyResultOf('{"result":"succeeded","command":"add","port":"ring:0"}', 'add ring:0')).toEqual(DONE);
  expect(replyResultOf('{"result": "error", "message": "Flow rule #3 not found"}', 'del ring:0')).toEqual({
    kind: 'refused',
    message: 'Flow rule #3 not found',
  });
});

test('fault 14: the echo of an old process is not a success', () => {
  expect(replyResultOf('forward', 'forward')).toEqual(ECHO);
  expect(replyResultOf('add\0ring\x000', 'add ring 0')).toEqual(ECHO);
  expect(replyResultOf('patch\0phy\x000\0ring\x000', 'patch phy:0 ring:0')).toEqual(ECHO);
  expect(replyResultOf('patch\0reset', 'patch reset')).toEqual(ECHO);
});

test('fault 4: an answer to another command is unreadable', () => {
  expect(replyResultOf('stop', 'forward')).toEqual(UNREADABLE);
  expect(replyResultOf('patch\0phy\x000\0ring\x001', 'patch phy:0 ring:0')).toEqual(UNREADABLE);
  expect(replyResultOf('{"result":"succeeded","command":"del","port":"ring:0"}', 'add ring:0')).toEqual(UNREADABLE);
  expect(replyResultOf('{"client-id":1,"status":"running","ports":[]}', 'add ring:0')).toEqual(UNREADABLE);
  expect(replyResultOf('{ "results": [', 'forward')).toEqual(UNREADABLE);
  expect(replyResultOf('', 'forward')).toEqual(UNREADABLE);
});

test('a primary confirms clearing its counters in three formats', () => {
  expect(replyResultOf('clear', 'clear')).toEqual(ECHO);
  expect(replyResultOf('{"status": "cleared"}', 'clear')).toEqual(DONE);
  expect(replyResultOf('{"result":"succeeded","command":"clear"}', 'clear')).toEqual(DONE);
});
