/** What a driver of containers did not do, and why. `message` is `action: detail`. */
export class OciError<Code extends string> extends Error {
  readonly code: Code;
  /** What was being done, with the name of what it was done to: `pull ubuntu:14.04`. */
  readonly action: string;
  /** What went wrong; if a program failed, in its own words. */
  readonly detail: string;

  constructor(code: Code, action: string, detail: string, options?: ErrorOptions) {
    super(`${action}: ${detail}`, options);
    this.code = code;
    this.action = action;
    this.detail = detail;
  }

  /** Whether the same call may succeed a moment later. */
  get transient(): boolean {
    return false;
  }
}
