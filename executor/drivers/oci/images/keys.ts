import { createHash } from 'node:crypto';

/** The name of a file for an image's name, which may be longer than a file's, and has slashes. */
export function keyOfName(canonical: string): string {
  return `${createHash('sha256').update(canonical).digest('hex')}.json`;
}

/** The name of a directory for a digest: its hexadecimal digits. */
export function keyOfDigest(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1);
}
