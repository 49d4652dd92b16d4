import { MessageChannel } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { DatabaseError } from '../../../../schema/database/database.ts';
import { NetnsError } from '../../../drivers/netns/driver.ts';
import { received, type SentError, sent } from './sent-error.ts';

/** The error as another thread receives it. */
async function throughPort(error: unknown): Promise<Error> {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  const arrived = new Promise<SentError>((resolve) => port2.once('message', resolve));
  port1.postMessage(sent(error));
  return received(await arrived);
}

const netns = {
  code: 'limit',
  action: 'observe',
  detail: 'too many files',
  errno: 'EMFILE',
  kernelText: null,
} as const;

it.each([
  new DatabaseError('unavailable', 'SQLITE_IOERR', 'the disk reports an error'),
  new DatabaseError('busy', 'SQLITE_BUSY', 'the database is busy'),
  new DatabaseError('fault', 'SQLITE_ERROR', 'no such table', { cause: new Error('of the driver') }),
  new NetnsError(netns),
])('%s is the same in the other thread', async (error) => {
  const copy = await throughPort(error);
  expect(copy).toBeInstanceOf(error.constructor);
  expect(copy).toEqual(error);
  expect({ ...copy, message: copy.message }).toEqual({ ...error, message: error.message });
});

it('any other error keeps its message and its stack', async () => {
  const error = new TypeError('it is undefined');
  const copy = await throughPort(error);
  expect({ message: copy.message, stack: copy.stack }).toEqual({ message: error.message, stack: error.stack });
  expect((await throughPort('a text')).message).toBe('a text');
});
