import { OciError } from '../oci-error.ts';

export type RuntimeErrorCode =
  /** An argument is wrong. */
  | 'invalid'
  /** The program could not be started; `detail` has runc's words. */
  | 'refused'
  /** The lease on the host ended before the call began. */
  | 'expired'
  /** runc or conmon did not answer within its deadline: whether the call was executed is unknown. */
  | 'away'
  /** A program of the host is not installed; `detail` names its package. */
  | 'missing_program'
  /** The caller does not want it any more. */
  | 'aborted'
  /** There is no space left for its files. */
  | 'full'
  /** The host itself failed. */
  | 'host';

const TRANSIENT: ReadonlySet<RuntimeErrorCode> = new Set(['expired', 'away']);

/** What was not done to a process, and why. `message` is `action: detail`. */
export class RuntimeError extends OciError<RuntimeErrorCode> {
  override readonly name = 'RuntimeError';

  override get transient(): boolean {
    return TRANSIENT.has(this.code);
  }
}
