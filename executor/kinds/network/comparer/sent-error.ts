import { DatabaseError } from '../../../../schema/database/database.ts';
import { copyOf, type ErrorCopy, errorOf } from '../../../../schema/database/error-copy.ts';
import { NetnsError } from '../../../drivers/netns/driver.ts';
import type { NetnsErrorFields } from '../../../drivers/netns/errors.ts';

/** An error that is sent from one thread to another, which preserves only plain data of its class. */
export type SentError =
  | { readonly family: 'database'; readonly copy: ErrorCopy }
  | { readonly family: 'netns'; readonly fields: NetnsErrorFields }
  | { readonly family: 'other'; readonly message: string; readonly stack: string | undefined };

export function sent(error: unknown): SentError {
  if (error instanceof DatabaseError) return { family: 'database', copy: copyOf(error) };
  if (error instanceof NetnsError) return { family: 'netns', fields: error.toFields() };
  if (error instanceof Error) return { family: 'other', message: error.message, stack: error.stack };
  return { family: 'other', message: String(error), stack: undefined };
}

export function received(error: SentError): Error {
  switch (error.family) {
    case 'database':
      return errorOf(error.copy);
    case 'netns':
      return new NetnsError(error.fields);
    case 'other':
      return Object.assign(new Error(error.message), { stack: error.stack });
  }
}
