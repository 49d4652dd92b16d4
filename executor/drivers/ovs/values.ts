/* The JSON notation of OVSDB's values (RFC 7047, section 5.1). */

export type Uuid = readonly ['uuid', string];
/** Refers to a row that the same transaction inserts. */
export type NamedUuid = readonly ['named-uuid', string];
export type Atom = string | number | boolean | Uuid | NamedUuid;
export type OvsSet = readonly ['set', readonly Atom[]];
export type OvsMap = readonly ['map', readonly (readonly [Atom, Atom])[]];
export type Value = Atom | OvsSet | OvsMap;

export const uuid = (id: string): Uuid => ['uuid', id];
export const namedUuid = (name: string): NamedUuid => ['named-uuid', name];
export const setOf = (...atoms: readonly Atom[]): OvsSet => ['set', atoms];
export const mapOf = (entries: Readonly<Record<string, string>>): OvsMap => ['map', Object.entries(entries)];

/** An optional value is a set of none or one. */
export const optional = (atom: Atom | null): Value => (atom === null ? setOf() : atom);

/** The elements of a set, which is written as a bare atom if there is one. */
export function elementsOf(value: unknown): readonly unknown[] {
  if (isTagged(value, 'set')) return Array.isArray(value[1]) ? value[1] : [];
  return value === undefined ? [] : [value];
}

export function uuidsOf(value: unknown): string[] {
  return elementsOf(value).flatMap((each) => (isTagged(each, 'uuid') && typeof each[1] === 'string' ? [each[1]] : []));
}

/** An empty text if it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function optionalText(value: unknown): string | null {
  const [first] = elementsOf(value);
  return typeof first === 'string' ? first : null;
}

export function optionalNumber(value: unknown): number | null {
  const [first] = elementsOf(value);
  return typeof first === 'number' ? first : null;
}

export function textsOf(value: unknown): string[] {
  return elementsOf(value).filter((each) => typeof each === 'string');
}

/** A map of texts to texts, as external_ids are. */
export function mapFrom(value: unknown): Readonly<Record<string, string>> {
  if (!isTagged(value, 'map') || !Array.isArray(value[1])) return {};
  const entries: readonly unknown[] = value[1];
  return Object.fromEntries(
    entries.flatMap((entry) => {
      const [key, text] = Array.isArray(entry) ? entry : [];
      return typeof key === 'string' && typeof text === 'string' ? [[key, text]] : [];
    }),
  );
}

function isTagged(value: unknown, tag: string): value is readonly [string, unknown] {
  return Array.isArray(value) && value.length === 2 && value[0] === tag;
}
