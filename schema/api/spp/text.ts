/* The words of spp-ctl's errors. They are answered as text/plain, and its clients show them as they are. */

const SHOWN_MAX = 100;

/** A number in JSON that is not written as a whole one, as `1.9`, `1.0` and `1e2` are not, or is too large to be held. */
export class NumberLiteral {
  /** As it was sent. */
  readonly literal: string;

  constructor(literal: string) {
    this.literal = literal;
  }

  toJSON(): number {
    return Number(this.literal);
  }
}

export function keyRequired(key: string): string {
  return `key(${key}) required.`;
}

export function invalidKey(key: string, value: unknown): string {
  return `invalid key(${key}): ${shown(value)}.`;
}

/** Of extension requests: the seed's own ignore what they do not know. */
export function unknownKey(key: string): string {
  return `unknown key(${shown(key)}).`;
}

/** Strings and numbers as Python's `%s` has them, all else as JSON; what is absent, as Python's `get` has it: null. */
export function shown(value: unknown): string {
  const text = plain(value);
  if (text.length <= SHOWN_MAX) return text;
  // A character beyond the Basic Multilingual Plane is two code units, and stays whole.
  const characters = Array.from(text.slice(0, 2 * SHOWN_MAX + 1));
  return characters.length <= SHOWN_MAX ? text : `${characters.slice(0, SHOWN_MAX).join('')}...`;
}

function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  // JSON has no infinity, which is what JSON.parse makes of 1e400.
  if (typeof value === 'number') return String(value);
  if (value instanceof NumberLiteral) return value.literal;
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    return 'a value of too many levels';
  }
}
