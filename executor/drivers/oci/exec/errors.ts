import { OciError } from '../oci-error.ts';

export type ExecuteErrorCode =
  /** An argument is wrong. */
  | 'invalid'
  /** The container does not run. */
  | 'missing'
  /** The command could not be started; `detail` has runc's words. */
  | 'refused'
  /** A program of the host is not installed; `detail` names its package. */
  | 'missing_program'
  /** The lease on the host ended before the command began. */
  | 'expired'
  /** The host itself failed. */
  | 'host';

/** Why a command was not run. `message` is `action: detail`. */
export class ExecuteError extends OciError<ExecuteErrorCode> {
  override readonly name = 'ExecuteError';

  /** Whether the same call may succeed a moment later. */
  override get transient(): boolean {
    return this.code === 'expired';
  }
}
