import { expect, it } from 'vitest';
import { EXECUTE } from '../../../schema/resources/calls.ts';
import { READ_LOG } from '../../../schema/statements/unlogged.ts';
import { type Call, plan } from './plan.ts';

const call: Call = { id: 'o', kind: EXECUTE, attempt: 1, container: 'c', request: '{}' };
const unanswered = { answer: undefined };

it('a call is one step, and none when it has its answer', () => {
  expect(plan(call, unanswered)).toEqual([{ name: 'command.execute', item: 'c', call }]);
  expect(plan(call, { answer: {} })).toEqual([]);
});

it('a command whose attempt was interrupted is not run again', () => {
  expect(() => plan({ ...call, attempt: 2 }, unanswered)).toThrow('it is unknown whether the command has run');
});

it('a log is read again, however often it was interrupted', () => {
  const reading = { ...call, kind: READ_LOG, attempt: 3 };
  expect(plan(reading, unanswered)).toEqual([{ name: 'log.read', item: 'c', call: reading }]);
});

it('a container that was removed before the call began is not found', () => {
  expect(() => plan({ ...call, container: null }, unanswered)).toThrow(expect.objectContaining({ code: 'not_found' }));
});

it('to undo a call is to do nothing', () => {
  expect(plan(null, unanswered)).toEqual([]);
});
