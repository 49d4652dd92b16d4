import { type NetnsError, refusal } from './errors.ts';

/* Validation of arguments of system calls, before any path or message is built from them. */

const NAMESPACE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/;
/** IFNAMSIZ and `dev_valid_name`; `%` too, because the kernel replaces `%d` with a number. */
const LINK_NAME = /^[^\s/:%\p{Cc}]+$/u;
const LINK_NAME_BYTES = 15;
/** IFALIASZ, including the NUL. */
const ALIAS_BYTES = 255;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

function quoted(text: string): string {
  return JSON.stringify(text);
}

export function isNamespaceName(name: string): boolean {
  return NAMESPACE_NAME.test(name);
}

/** @throws NetnsError `invalid` unless `name` is valid for a namespace */
export function checkNamespaceName(name: string, action: string): void {
  if (isNamespaceName(name)) return;
  throw refusal('invalid', action, `invalid namespace name ${quoted(name)}`);
}

/** Whether the kernel accepts `name` for a link, unchanged. */
export function isLinkName(name: string): boolean {
  const dots = name === '.' || name === '..';
  return LINK_NAME.test(name) && !dots && name.isWellFormed() && Buffer.byteLength(name) <= LINK_NAME_BYTES;
}

/** @throws NetnsError `invalid` unless the kernel accepts `name` for a link, unchanged */
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

/** `foreign`, naming the object in the way and its label. */
export function foreign(action: string, what: string, label: string | null): NetnsError {
  const found = label === null ? 'no label' : `the label ${quoted(label)}`;
  return refusal('foreign', action, `${what} already exists with ${found}`);
}

/** A namespace as messages name it; null is the host's own. */
export function namespaceInWords(name: string | null): string {
  return name === null ? "the host's namespace" : `namespace ${name}`;
}
