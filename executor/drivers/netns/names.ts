import { type NetnsError, refusal } from './errors.ts';

/* What may become an argument of a system call. Everything is checked before any path or message is built. */

const NAMESPACE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/;
/** IFNAMSIZ and `dev_valid_name`; `%` too, because the kernel takes `%d` for a number that it is to find. */
const LINK_NAME = /^[^\s/:%\p{Cc}]+$/u;
const LINK_NAME_BYTES = 15;
/** IFALIASZ, with its NUL. */
const ALIAS_BYTES = 255;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

function quoted(text: string): string {
  return JSON.stringify(text);
}

export function isNamespaceName(name: string): boolean {
  return NAMESPACE_NAME.test(name);
}

/** @throws NetnsError `invalid` unless `name` may name a namespace */
export function checkNamespaceName(name: string, action: string): void {
  if (isNamespaceName(name)) return;
  throw refusal('invalid', action, `invalid namespace name ${quoted(name)}`);
}

/** Whether the kernel would take `name` for a link, as it stands. */
export function isLinkName(name: string): boolean {
  const dots = name === '.' || name === '..';
  return LINK_NAME.test(name) && !dots && name.isWellFormed() && Buffer.byteLength(name) <= LINK_NAME_BYTES;
}

/** @throws NetnsError `invalid` unless the kernel would take `name` for a link, as it stands */
export function checkLinkName(name: string, action: string): void {
  if (isLinkName(name)) return;
  throw refusal('invalid', action, `invalid link name ${quoted(name)} (1 to ${LINK_NAME_BYTES} bytes)`);
}

/** @throws NetnsError `invalid` unless `label` fits into a link's alias */
export function checkLabel(label: string, action: string): void {
  const bytes = Buffer.byteLength(label);
  if (bytes > 0 && bytes <= ALIAS_BYTES && label.isWellFormed() && !/\p{Cc}/u.test(label)) return;
  throw refusal('invalid', action, `invalid label ${quoted(label)} (1 to ${ALIAS_BYTES} bytes, no control characters)`);
}

/** @throws NetnsError `invalid` unless `mac` is six bytes in hexadecimal */
export function checkMac(mac: string, action: string): void {
  if (!MAC.test(mac)) throw refusal('invalid', action, `invalid MAC address ${quoted(mac)}`);
}

/** `foreign`, naming what stands in the way and the label that was found on it. */
export function foreign(action: string, what: string, label: string | null): NetnsError {
  const found = label === null ? 'no label' : `the label ${quoted(label)}`;
  return refusal('foreign', action, `${what} already exists with ${found}`);
}

/** How messages name a namespace; null is the host's own. */
export function namespaceInWords(name: string | null): string {
  return name === null ? "the host's namespace" : `namespace ${name}`;
}
