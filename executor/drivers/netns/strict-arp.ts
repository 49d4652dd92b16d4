import { readFileSync, writeFileSync } from 'node:fs';
import { asNetnsError, isFileError } from './errors.ts';
import { requireTime } from './expiry.ts';

/*
 * By default Linux answers ARP for each address of the host on each of its interfaces, and the last answer wins. With
 * these settings of ip-sysctl.rst an interface answers only for addresses of its own, and asks with no other ones. The
 * kernel applies the greater of the values for `all` and for the interface. The files show the namespace that the
 * calling thread is in.
 */

const settingsOf = (link: string) => [
  { path: `/proc/sys/net/ipv4/conf/${link}/arp_ignore`, value: '1' },
  { path: `/proc/sys/net/ipv4/conf/${link}/arp_announce`, value: '2' },
];

/** Whether all links of the namespace are strict. False where the files cannot be read. */
export function isArpStrict(): boolean {
  return settingsOf('all').every(({ path, value }) => isSet(path, value));
}

/**
 * Of one link, or of `all`. Reading a setting takes as long as writing it, so it is read only where it cannot be written.
 *
 * @throws NetnsError `denied` where /proc/sys is read-only and a setting is another one
 */
export function makeArpStrict(action: string, link = 'all'): void {
  for (const { path, value } of settingsOf(link)) {
    requireTime(action);
    try {
      writeFileSync(path, value, { flag: 'r+' });
    } catch (error) {
      if (!isSet(path, value)) throw asNetnsError(error, action);
    }
  }
}

function isSet(path: string, value: string): boolean {
  try {
    return readFileSync(path, 'utf8').trim() === value;
  } catch (error) {
    if (isFileError(error, 'ENOENT', 'EACCES', 'EPERM')) return false;
    throw asNetnsError(error, `read ${path}`);
  }
}
