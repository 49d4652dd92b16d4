import type { DatabaseAddress } from '../../schema/database/reader.ts';
import type { WholeComparison } from '../loop/reconcile/differences.ts';
import type { SentError } from './sent-error.ts';

/* What goes between the executor and the thread that compares the whole host. */

export interface ComparerOptions {
  readonly database: DatabaseAddress;
  readonly databaseId: string;
  readonly hypervisor: string;
}

/** The number of a comparison that is asked for, or the end. */
export type Call = number | 'close';

export type Answer =
  | { readonly call: number; readonly comparison: WholeComparison }
  | { readonly call: number; readonly error: SentError };
