/**
 * `missing`: no such process is connected. `refused`: the process said no, or would have crashed and was not asked.
 * `timeout`: no answer within the deadline, the connection is dropped and the process will reconnect.
 * `lost`: the connection ended, or its answers no longer fit its commands. `invalid`: nothing that could be sent.
 */
export type SppErrorCode = 'missing' | 'refused' | 'timeout' | 'lost' | 'invalid';

/** What a process did not do, or why it was not asked. `message` is `action: detail`. */
export class SppError extends Error {
  override readonly name = 'SppError';
  readonly code: SppErrorCode;
  /** What was being done, for example `port add ring:0 rx fwd1 on 2`. */
  readonly action: string;
  /** What went wrong; of an answer that says no, the process' own message, word for word. */
  readonly detail: string;

  constructor(code: SppErrorCode, action: string, detail: string) {
    super(`${action}: ${detail}`);
    this.code = code;
    this.action = action;
    this.detail = detail;
  }

  /** Whether the same call may succeed a moment later. After `timeout` and `lost` it is open what the process did. */
  get transient(): boolean {
    return this.code === 'timeout' || this.code === 'lost';
  }
}

/** The words of whatever was thrown. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof SppError) return cause.detail;
  return cause instanceof Error ? cause.message : String(cause);
}
