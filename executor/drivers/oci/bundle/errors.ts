import { OciError } from '../oci-error.ts';

/** `invalid`: the image or the request is wrong. `host`: the host lacks something. */
export type BundleErrorCode = 'invalid' | 'host';

/** Why a container cannot be described. `message` is `action: detail`. */
export class BundleError extends OciError<BundleErrorCode> {
  override readonly name = 'BundleError';
}
