import { OciError } from '../oci-error.ts';

export type LogErrorCode =
  /** The cursor or the time is not one. */
  | 'invalid'
  /** conmon did not do what it was told in time. */
  | 'timeout';

/** What was not done with a log, and why. `message` is `action: detail`. */
export class LogError extends OciError<LogErrorCode> {
  override readonly name = 'LogError';
}
