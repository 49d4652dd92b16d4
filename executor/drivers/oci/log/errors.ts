export type LogErrorCode =
  /** The cursor or the time is not one. */
  | 'invalid'
  /** conmon did not do what it was told in time. */
  | 'timeout';

/** What was not done with a log, and why. `message` is `action: detail`. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorCode;
  readonly action: string;
  readonly detail: string;

  constructor(code: LogErrorCode, action: string, detail: string, options?: ErrorOptions) {
    super(`${action}: ${detail}`, options);
    this.code = code;
    this.action = action;
    this.detail = detail;
  }
}
