/**
 * `missing`: no such process is connected. `refused`: the process refused the command, or would have crashed and was
 * not sent it. `timeout`: no answer within the deadline, the connection is closed and the process will reconnect.
 * `lost`: the connection ended, or its answers no longer match its commands. `invalid`: the command cannot be sent.
 */
export type SppErrorCode = 'missing' | 'refused' | 'timeout' | 'lost' | 'invalid';

/** What a process did not do, or why the command was not sent. `message` is `action: detail`. */
export class SppError extends Error {
  override readonly name = 'SppError';
  readonly code: SppErrorCode;
  /** What was being done, for example `port add ring:0 rx fwd1 on 2`. */
  readonly action: string;
  /** What went wrong; for a refusal the process' own message, verbatim. */
  readonly detail: string;

  constructor(code: SppErrorCode, action: string, detail: string) {
    super(`${action}: ${detail}`);
    this.code = code;
    this.action = action;
    this.detail = detail;
  }

  /**
   * Whether the same call may succeed a moment later. After `timeout` and `lost` it is unknown whether the process
   * executed the command.
   */
  get transient(): boolean {
    return this.code === 'timeout' || this.code === 'lost';
  }
}

/** The message of whatever was thrown. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof SppError) return cause.detail;
  return cause instanceof Error ? cause.message : String(cause);
}
