/** `invalid`: the image or the request is wrong. `host`: the host lacks something. */
export type BundleErrorCode = 'invalid' | 'host';

/** Why a container cannot be described. `message` is `action: detail`. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
  readonly code: BundleErrorCode;
  readonly action: string;
  readonly detail: string;

  constructor(code: BundleErrorCode, action: string, detail: string, options?: ErrorOptions) {
    super(`${action}: ${detail}`, options);
    this.code = code;
    this.action = action;
    this.detail = detail;
  }
}
