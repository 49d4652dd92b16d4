import type { DatabaseError } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import { notMigrated } from '../schema-check.ts';

/** It is the database that fails, and not the request: that will pass, or somebody must mend it. */
export function isDatabaseAway({ code }: DatabaseError): boolean {
  return code === 'busy' || code === 'unavailable';
}

/** Why the database does not answer, in its own words. */
export function databaseReason({ code, message }: DatabaseError): string {
  if (code === 'busy') return 'the database is busy';
  return `the database does not answer: ${message.replace(/^the database does not answer:? */i, '')}`;
}

/** A read failed because of the database; undefined: it failed because of weft. */
export function databaseProblem(error: DatabaseError): Problem | undefined {
  if (isDatabaseAway(error)) return unavailable(databaseReason(error), error);
  return error.code === 'fault' && /no such (table|column)/.test(error.message) ? notMigrated(error) : undefined;
}

/** A write failed because of the database, which says that nothing of it is there. */
export function notRecorded(error: DatabaseError): Problem {
  return unavailable(`nothing was recorded: ${databaseReason(error)}`, error);
}

function unavailable(detail: string, cause: DatabaseError): Problem {
  return new Problem('unavailable', detail, { hint: 'Send the request again after Retry-After seconds', cause });
}
