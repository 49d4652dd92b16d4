import { SppError } from './errors.ts';

/*
 * Validation of the arguments of commands. A process splits commands at blanks and copies arguments into buffers of
 * fixed size.
 */

/** Printable ASCII without blank; `;` ends a command in SPP's own tools. */
const WORD = /^[!-:<-~]+$/;
/** spp_vf copies each argument into 111 bytes, including the NUL. */
const WORD_BYTES = 110;
const PORT =
  /^(?:phy|vhost|ring|nic|tap|memif|pcap|nullpmd|pipe):(?:0|[1-9]\d{0,8})$|^phy:(?:0|[1-9]\d{0,8})nq(?:0|[1-9]\d{0,4})$/;
const MAC = /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}$/;
const HIGHEST_VLAN_ID = 4_095;
const HIGHEST_VLAN_PRIORITY = 7;

function invalid(action: string, value: unknown, what: string): SppError {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 200)) : String(value);
  return new SppError('invalid', action, `invalid ${what}: ${shown}`);
}

/** @throws SppError `invalid` unless `name` is 1 to 110 printable ASCII characters without blank or `;` */
export function checkedName(name: string, action: string): string {
  if (WORD.test(name) && name.length <= WORD_BYTES) return name;
  throw invalid(action, name, `name (1 to ${WORD_BYTES} printable ASCII characters without blank)`);
}

/** @throws SppError `invalid` unless `port` is written `ring:0`, or `phy:0nq1` for a queue */
export function checkedPort(port: string, action: string): string {
  if (PORT.test(port)) return port;
  throw invalid(action, port, 'port');
}

/** @throws SppError `invalid` unless `mac` is `fa:16:3e:7d:cc:35`, in either case, or `default` */
export function checkedMac(mac: string, action: string): string {
  if (MAC.test(mac) || mac === 'default') return mac;
  throw invalid(action, mac, 'MAC address');
}

/** @throws SppError `invalid` unless it is a whole number from 0 to `highest` */
export function checkedNumber(value: number, what: string, action: string, highest = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= highest) return value;
  throw invalid(action, value, what);
}

/** @throws SppError `invalid` unless it is 0 to 4095 */
export function checkedVlanId(id: number, action: string): number {
  return checkedNumber(id, 'VLAN id', action, HIGHEST_VLAN_ID);
}

/** @throws SppError `invalid` unless it is 0 to 7 */
export function checkedVlanPriority(priority: number, action: string): number {
  return checkedNumber(priority, 'VLAN priority', action, HIGHEST_VLAN_PRIORITY);
}
