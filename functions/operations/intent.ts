import type { DatabaseError, Statement } from '../../schema/database/database.ts';
import type { Problem } from '../../schema/problem.ts';
import type { AcceptedOperation } from './operation.ts';

/** A write of the API, ready to be recorded: one batch, one round trip. */
export interface Intent {
  /** Id of the operation that the caller waits for. */
  readonly operation: string;
  /** The first inserts the operation and returns it as accepted; the others in the order they run. */
  readonly statements: readonly [Statement<AcceptedOperation>, ...Statement[]];
  /** Why the batch was aborted; undefined: by no guard or constraint of the command, which is an internal error. */
  readonly refusal: (error: DatabaseError) => Problem | Promise<Problem> | undefined;
  /** Statements change the operation after its insertion, or make parts of it. */
  readonly isAmended: boolean;
  /** It may change thousands of rows, however small the request is. */
  readonly isLarge: boolean;
}
