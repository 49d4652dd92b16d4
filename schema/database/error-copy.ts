import { DatabaseError } from './database.ts';

/**
 * A {@link DatabaseError} in the form in which it is sent between threads: of a custom error class only the text would
 * arrive.
 */
export interface ErrorCopy {
  readonly isErrorCopy: true;
  readonly code: DatabaseError['code'];
  readonly reason: string;
  readonly message: string;
  readonly committed: DatabaseError['committed'];
  readonly cause: unknown;
}

export function copyOf({ code, reason, message, committed, cause }: DatabaseError): ErrorCopy {
  return { isErrorCopy: true, code, reason, message, committed, cause };
}

export function errorOf({ code, reason, message, committed, cause }: ErrorCopy): DatabaseError {
  return new DatabaseError(code, reason, message, { committed, cause });
}
