import type { Output } from '../../drivers/oci/exec/output.ts';

/**
 * Bytes of a stream as a JSON string. A client of a database server gets it as a string within JSON: then a quote of the text
 * is four bytes, and both streams stay below the 10 MB of an answer. A text of 1 MiB that is no binary data fits.
 */
export const FITTED_BYTES = 2 * 1024 * 1024;

/** The beginning of an output that is short enough as JSON, in whole characters. */
export function fitted({ text, truncated }: Output, mostBytes = FITTED_BYTES): Output {
  if (isWithin(text, mostBytes)) return { text, truncated };
  let [fits, exceeds] = [0, text.length];
  while (exceeds - fits > 1) {
    const middle = Math.floor((fits + exceeds) / 2);
    if (isWithin(beginning(text, middle), mostBytes)) fits = middle;
    else exceeds = middle;
  }
  return { text: beginning(text, fits), truncated: true };
}

function isWithin(text: string, bytes: number): boolean {
  return Buffer.byteLength(JSON.stringify(text)) <= bytes;
}

/** Without half of a surrogate pair, which JSON would have as an escape sequence and the client as another character. */
function beginning(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}
