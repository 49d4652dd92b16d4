import { type ImageName, parseImageName as parse } from '../../../../schema/images/names.ts';
import { ImageSyntaxError } from '../../../../schema/images/syntax-error.ts';
import { ImageError } from './errors.ts';

export type { ImageName } from '../../../../schema/images/names.ts';
export { canonicalName, familiarName, isLoopback, repositoryOf } from '../../../../schema/images/names.ts';

/** Throws an {@link ImageError} `invalid` that says which part of the name is wrong. */
export function parseImageName(text: string): ImageName {
  return orInvalid(() => parse(text));
}

/** What cannot be understood is an error of the driver like any other. */
export function orInvalid<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof ImageSyntaxError) throw new ImageError('invalid', cause.subject, cause.detail, { cause });
    throw cause;
  }
}
