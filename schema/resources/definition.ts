import type { Technology } from '../api/capabilities.ts';
import type { Statement } from '../database/database.ts';
import type { Arguments } from '../statements/ending.ts';

export interface OperationDefinition {
  /**
   * `undo`: when it fails for good, the host converges to what was before. `repair`: it stays as far as it got, and repairs
   * go on; only when it is cancelled it is undone.
   */
  readonly onFailure: 'undo' | 'repair';
}

/** What one kind of resource is to all code that names no kind. */
export interface ResourceDefinition {
  /** Names the calls to the database in errors, logs and tests. */
  readonly name: string;
  /** What of the host it stands on. */
  readonly technology: Technology;
  /** By the kind of the operation, those that its executor does. */
  readonly operations: Readonly<Record<string, OperationDefinition>>;
  /** The kind of the operation that repairs a resource. */
  repair(subject: string): string;
  /** The kind of the operation that takes orphans away, where there are any; its request is `{"orphans": Labelled[]}`. */
  readonly sweep?: string;
  /**
   * Takes back what operations wanted that end without having touched the host. `which` is SQL for their sequences; to
   * be run while they still have their subjects. Where there is none, what the rows say is wanted before and after.
   */
  rollback?(which: string, args: Arguments): Statement<never>[];
}
