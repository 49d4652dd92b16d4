/* The texts of spp-ctl's errors. They are answered as text/plain, and its clients show them as they are. */

const SHOWN_MAX = 100;

/**
 * A number in JSON that is not written as a whole number, such as `1.9`, `1.0` and `1e2`, or that exceeds the safe
 * range.
 */
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

/** For extension requests: those of spp-ctl ignore unknown keys. */
export function unknownKey(key: string): string {
  return `unknown key(${shown(key)}).`;
}

/**
 * Strings and numbers as formatted by Python's `%s`, all other values as JSON; a missing value is null, as from
 * Python's `get`.
 */
export function shown(value: unknown): string {
  const text = plain(value);
  if (text.length <= SHOWN_MAX) return text;
  // A character beyond the Basic Multilingual Plane is two code units, which must not be separated.
  const characters = Array.from(text.slice(0, 2 * SHOWN_MAX + 1));
  return characters.length <= SHOWN_MAX ? text : `${characters.slice(0, SHOWN_MAX).join('')}...`;
}

function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  // JSON has no infinity, which JSON.parse returns for 1e400.
  if (typeof value === 'number') return String(value);
  if (value instanceof NumberLiteral) return value.literal;
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    return 'a value of too many levels';
  }
}
