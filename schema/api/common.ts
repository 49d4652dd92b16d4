import * as v from 'valibot';

export const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** In upper or lower case; answered in lower case. */
export const uuidSchema = v.pipe(
  v.string('must be a string'),
  v.regex(uuidPattern, 'must be a UUID'),
  v.transform((id) => id.toLowerCase()),
);

export const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** The name of a hypervisor, chosen by an operator. */
export const nameSchema = v.pipe(
  v.string('must be a string'),
  v.regex(namePattern, 'must be 1 to 63 letters, digits, "_", "." and "-", and begin with a letter or digit'),
  v.check((name) => !uuidPattern.test(name), 'must not look like a UUID: that would be an id'),
);

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON Pointer of RFC 6901 to a member. */
export function pointerTo(steps: readonly string[]): string {
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Any JSON object. An array, which valibot accepts as an object, is rejected. */
export const anyObjectSchema = v.custom<Record<string, unknown>>(isObject, 'must be an object');

export function objectMessage(issue: v.BaseIssue<unknown>): string {
  if (issue.expected === 'never') return 'unknown member';
  return issue.received === 'undefined' ? 'is missing' : 'must be an object';
}

/**
 * A map with arbitrary keys and values from a client; `__proto__` is a key like any other. Two keys that are equal
 * after parsing are rejected. Reports everything that is wrong in a value, each by its path.
 */
export function mapSchema<Value>(
  key: v.GenericSchema<string, string>,
  value: v.GenericSchema<unknown, Value>,
): v.GenericSchema<unknown, Readonly<Record<string, Value>>> {
  return v.pipe(
    anyObjectSchema,
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const map = new Map<string, Value>();
      let wrong = false;
      for (const [name, given] of Object.entries(dataset.value)) {
        const read = { key: v.safeParse(key, name), value: v.safeParse(value, given) };
        const at = member(dataset.value, name);
        const repeated = read.key.success && map.has(read.key.output) ? 'is in the map twice' : undefined;
        const refusal = read.key.issues?.[0].message ?? repeated;
        const refusals = refusal === undefined ? (read.value.issues ?? []) : [{ message: refusal, path: [] }];
        for (const { message, path = [] } of refusals) addIssue({ message, path: [at, ...path] });
        if (refusals.length > 0) wrong = true;
        else if (read.key.success && read.value.success) map.set(read.key.output, read.value.output);
      }
      return wrong ? NEVER : Object.fromEntries(map);
    }),
  );
}

/** A step of the path to an invalid member. */
export function member(input: Record<string, unknown>, key: string): v.ObjectPathItem {
  return { type: 'object', origin: 'value', input, key, value: input[key] };
}
