import type { DatabaseError, Statement } from '../../schema/database/database.ts';
import type { Problem } from '../../schema/problem.ts';
import type { AcceptedOperation } from './operation.ts';

/** A write of the API, ready to be recorded: one batch, one round trip. */
export interface Intent {
  /** Id of the operation that the caller waits for. */
  readonly operation: string;
  /** The first inserts the operation and returns it as accepted; the others in the order they run. */
  readonly statements: readonly [Statement<AcceptedOperation>, ...Statement[]];
  /** Why the batch was aborted; undefined: nothing that the write knows of did it, which is a fault. */
  readonly refusal: (error: DatabaseError) => Problem | Promise<Problem> | undefined;
  /** Statements after its own change the operation, or make parts of it. */
  readonly isAmended: boolean;
  /** It may change thousands of rows, however little the request says. */
  readonly isLarge: boolean;
}
