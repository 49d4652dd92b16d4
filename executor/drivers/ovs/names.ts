import { refusal } from './errors.ts';

/** IFNAMSIZ of <linux/if.h>, less the NUL: names of bridges and ports are those of devices. */
const NAME_BYTES = 15;
const NAME = /^[^\s/\0]+$/;
/** An <id> of RFC 7047, section 3.1: a lock's name has no hyphen. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
const TAG_MAX = 4095;

/** @throws OvsError `invalid` */
export function checkName(name: string, action: string): void {
  if (!NAME.test(name) || Buffer.byteLength(name) > NAME_BYTES || name === '.' || name === '..') {
    throw refusal('invalid', action, `invalid name ${JSON.stringify(name)}`);
  }
}

/** @throws OvsError `invalid` */
export function checkLabel(label: string, action: string): void {
  if (label === '' || label.includes('\0')) throw refusal('invalid', action, `invalid label ${JSON.stringify(label)}`);
}

/** @throws OvsError `invalid` */
export function checkTag(tag: number | null, action: string): void {
  if (tag !== null && (!Number.isInteger(tag) || tag < 0 || tag > TAG_MAX)) {
    throw refusal('invalid', action, `invalid VLAN tag ${tag}`);
  }
}

/** @throws OvsError `invalid` */
export function checkMac(mac: string, action: string): void {
  if (!MAC.test(mac)) throw refusal('invalid', action, `invalid hardware address ${JSON.stringify(mac)}`);
}

/** @throws OvsError `invalid` */
export function checkLock(lock: string, action: string): void {
  if (!IDENTIFIER.test(lock)) throw refusal('invalid', action, `invalid name of a lock ${JSON.stringify(lock)}`);
}
