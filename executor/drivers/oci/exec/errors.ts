export type ExecuteErrorCode =
  /** An argument is wrong. */
  | 'invalid'
  /** The container does not run. */
  | 'missing'
  /** The command could not be started; `detail` has runc's words. */
  | 'refused'
  /** The host itself failed. */
  | 'host';

/** Why a command was not run. `message` is `action: detail`. */
export class ExecuteError extends Error {
  override readonly name = 'ExecuteError';
  readonly code: ExecuteErrorCode;
  readonly action: string;
  readonly detail: string;

  constructor(code: ExecuteErrorCode, action: string, detail: string, options?: ErrorOptions) {
    super(`${action}: ${detail}`, options);
    this.code = code;
    this.action = action;
    this.detail = detail;
  }
}
