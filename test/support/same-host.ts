import { isDeepStrictEqual } from 'node:util';
import { NetnsError } from '../../executor/drivers/netns/driver.ts';
import { picture } from './host.ts';

/** Whether the host is as a picture of it; in the middle of a repair, when a name may stand for no namespace, it is not. */
export function isSameHost(before: readonly string[]): boolean {
  try {
    return isDeepStrictEqual(picture(), before);
  } catch (error) {
    if (error instanceof NetnsError) return false;
    throw error;
  }
}
