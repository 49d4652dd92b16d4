import { setTimeout as pause } from 'node:timers/promises';
import { DatabaseError, databaseError } from '../../schema/database/database.ts';
import type { Execute } from '../support/database-decorator.ts';

/** How a call to the database fails: it is executed never, once or twice. */
export interface DatabaseFault {
  readonly name: string;
  strike<Answer>(execute: Execute<Answer>): Promise<Answer>;
}

/** The deadline of a call: well below the lease of the tests, as in production. */
const DEADLINE_MS = 15;

/** Each fault of a call, as the database in a file or its caller would report it. */
export const databaseFaults: readonly DatabaseFault[] = [
  { name: 'fails', strike: async () => refuse(10, 'disk I/O error') },
  {
    name: 'hangs, and is not executed',
    async strike() {
      await pause(DEADLINE_MS);
      return unanswered();
    },
  },
  {
    name: 'hangs, and is executed',
    async strike(execute) {
      await execute().catch(() => undefined);
      await pause(DEADLINE_MS);
      return unanswered();
    },
  },
  {
    name: 'hangs, and is executed after its deadline',
    async strike(execute) {
      void pause(2 * DEADLINE_MS).then(() => execute().catch(() => undefined));
      await pause(DEADLINE_MS);
      return unanswered();
    },
  },
  {
    name: 'is executed, and its answer is lost',
    async strike(execute) {
      await execute().catch(() => undefined);
      return unanswered();
    },
  },
  {
    name: 'is executed twice',
    async strike(execute) {
      await execute().catch(() => undefined);
      return execute();
    },
  },
  { name: 'is refused as busy', strike: async () => refuse(5, 'database is locked') },
  { name: 'is refused: the disk is full', strike: async () => refuse(13, 'database or disk is full') },
  { name: 'is refused: the database is damaged', strike: async () => refuse(11, 'database disk image is malformed') },
  { name: 'is refused: the permission is missing', strike: async () => refuse(3, 'access permission denied') },
];

/** An error of Node's SQLite, with one of SQLite's result codes. */
function refuse(errcode: number, message: string): never {
  throw databaseError(Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode }), undefined);
}

function unanswered(): never {
  throw new DatabaseError('unavailable', 'timeout', 'the database did not answer in time', { committed: 'unknown' });
}
