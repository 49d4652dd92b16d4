import type { DatabaseError } from '../../schema/database/database.ts';
import { isMissing, schemaProblem } from '../../schema/database/known-migrations.ts';
import { Problem } from '../../schema/problem.ts';

/** Why the database does not answer, in the words of its error. */
export function databaseReason({ code, message }: DatabaseError): string {
  if (code === 'busy') return 'the database is busy';
  return `the database does not answer: ${message.replace(/^the database does not answer:? */i, '')}`;
}

/** The problem if a read failed because of the database; undefined: it failed because of a fault in weft. */
export function databaseProblem(error: DatabaseError): Problem | undefined {
  if (error.isAway) return unavailable(databaseReason(error), error);
  return isMissing(error) ? schemaProblem([]) : undefined;
}

/** The problem if a write failed because of the database and is known not to be committed. */
export function notRecorded(error: DatabaseError): Problem {
  return unavailable(`nothing was recorded: ${databaseReason(error)}`, error);
}

function unavailable(detail: string, cause: DatabaseError): Problem {
  return new Problem('unavailable', detail, { hint: 'Send the request again after Retry-After seconds', cause });
}
