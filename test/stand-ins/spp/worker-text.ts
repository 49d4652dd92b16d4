/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is the JSON of vf, mirror and pcap, which has a style of its own: a space inside each bracket, so
 * that what is empty has two.
 */

/** `"name": value` for a number or a list; strings are quoted. */
export function member(name: string, value: string | number | RawText): string {
  const written = value instanceof RawText ? value.text : typeof value === 'string' ? `"${value}"` : `${value}`;
  return `"${name}": ${written}`;
}

/** Text that is JSON already. */
export class RawText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export function list(items: readonly (string | number)[]): RawText {
  return new RawText(`[ ${items.join(', ')} ]`);
}

export function block(members: readonly string[]): RawText {
  return new RawText(`{ ${members.join(', ')} }`);
}

const SUCCESS = member('results', list([block([member('result', 'success')]).text]));

/** A reply for success, with further members. */
export function succeeded(...more: readonly string[]): string {
  return block([SUCCESS, ...more]).text;
}

/** A reply for a failure, with the process' reason. */
export function failed(message: string): string {
  const details = member('error_details', block([member('message', message)]));
  return block([member('results', list([block([member('result', 'error'), details]).text]))]).text;
}
