import { OciError } from '../oci-error.ts';

export type ImageErrorCode =
  /** The registry, the layout or the archive has no such image. */
  | 'unknown'
  /** The registry requires a user and a password, or refuses those of the credentials file. */
  | 'denied'
  /** The registry is one that this host must not ask. */
  | 'refused'
  /** The registry does not answer, or says that it cannot now. */
  | 'unreachable'
  /** The download ended, or stopped, before its end. */
  | 'cut'
  /** A name, a source or the content of an image is wrong. */
  | 'invalid'
  /** What the image needs, or the way to its registry, is not supported; `detail` names it. */
  | 'unsupported'
  /** The image is larger than a limit of the store; `detail` names the limit. */
  | 'limit'
  /** The file system of the store is full. */
  | 'full'
  /** A program of the host is not installed; `detail` names its package. */
  | 'missing_program'
  /** A program took longer than its deadline. */
  | 'timeout'
  /** The caller gave up, or the store was closed. */
  | 'aborted'
  /** The host itself failed. */
  | 'host';

const TRANSIENT: ReadonlySet<ImageErrorCode> = new Set(['unreachable', 'cut', 'timeout']);

/** What was not done to an image, and why. `message` is `action: detail`. */
export class ImageError extends OciError<ImageErrorCode> {
  override readonly name = 'ImageError';

  override get transient(): boolean {
    return TRANSIENT.has(this.code);
  }
}

/** Wraps whatever was thrown: errors of `node:fs` keep their message, an ImageError stays as it is. */
export function asImageError(cause: unknown, action: string): ImageError {
  if (cause instanceof ImageError) return cause;
  if (isFileError(cause, 'ENOSPC', 'EDQUOT')) {
    return new ImageError('full', action, 'no space is left in the file system of the images', { cause });
  }
  return new ImageError('host', action, cause instanceof Error ? cause.message : String(cause), { cause });
}

/** Errors of `node:fs` by name: `isFileError(error, 'ENOENT')`. */
export function isFileError(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && names.includes(error.code);
}
