import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type ImageSource, parseImageSource as parse } from '../../../../schema/images/sources.ts';
import { ImageError, isFileError } from './errors.ts';
import { orInvalid } from './names.ts';

export type { ImageSource } from '../../../../schema/images/sources.ts';

/** Throws an {@link ImageError} `invalid` that says what is wrong. */
export function parseImageSource(text: string): ImageSource {
  return orInvalid(() => parse(text));
}

/**
 * The real path of a file below a directory. Symbolic links are followed, and must not lead out of the directory:
 * that is `invalid`; a missing file is `unknown`.
 */
export async function pathBelow(directory: string, file: string, action: string): Promise<string> {
  const base = await resolve(directory, action, `${directory}, the directory for imports`);
  const path = await resolve(join(base, file), action, `${file}, a name below the directory for imports`);
  if (path !== base && !path.startsWith(base === sep ? sep : base + sep)) {
    throw new ImageError('invalid', action, `${file} is a link that leads out of the directory for imports`);
  }
  return path;
}

async function resolve(path: string, action: string, what: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    if (isFileError(cause, 'ENOENT', 'ENOTDIR'))
      throw new ImageError('unknown', action, `${what}: there is no such file`);
    if (isFileError(cause, 'ELOOP')) throw new ImageError('invalid', action, `${what}: it is a link to itself`);
    throw cause;
  }
}
