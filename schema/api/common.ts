import * as v from 'valibot';

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** In any case; answered in lower case. */
export const uuidSchema = v.pipe(
  v.string('must be a string'),
  v.regex(uuidPattern, 'must be a UUID'),
  v.transform((id) => id.toLowerCase()),
);

/** Of a hypervisor: what an operator calls it. */
export const nameSchema = v.pipe(
  v.string('must be a string'),
  v.regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
    'must be 1 to 63 letters, digits, "_", "." and "-", and begin with a letter or digit',
  ),
  v.check((name) => !uuidPattern.test(name), 'must not look like a UUID: that would be an id'),
);

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Any JSON object; a list, which valibot takes for one, is none. */
export const anyObjectSchema = v.custom<Record<string, unknown>>(isObject, 'must be an object');

export function objectMessage(issue: v.BaseIssue<unknown>): string {
  if (issue.expected === 'never') return 'is no member of this request';
  return issue.received === 'undefined' ? 'is missing' : 'must be an object';
}

/** A map with keys and values of a client's own; a key such as `__proto__` is a key like any other. */
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
        const issue = read.key.issues?.[0] ?? read.value.issues?.[0];
        if (issue !== undefined) {
          wrong = true;
          addIssue({
            message: issue.message,
            path: [{ type: 'object', origin: 'value', input: dataset.value, key: name, value: given }],
          });
        } else if (read.key.success && read.value.success) map.set(read.key.output, read.value.output);
      }
      return wrong ? NEVER : Object.fromEntries(map);
    }),
  );
}
