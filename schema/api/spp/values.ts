import * as v from 'valibot';

/* The values of SPP's requests, each in one canonical spelling, so that equal values are equal text everywhere. */

const PORT_TYPES = 'phy|vhost|ring|nic|tap|memif|pcap|nullpmd|pipe';
const PORT_PATTERN = new RegExp(`^(${PORT_TYPES}):([0-9]{1,9})$`);
const QUEUE_PATTERN = /^phy:([0-9]{1,9})nq([0-9]{1,5})$/;

/** Printable ASCII except space and `;`, which separate words and commands. */
const NAME_PATTERN = /^[!-:<-~]{1,31}$/;
/** A URL parser removes these path segments, however they are escaped: such a component could never be stopped. */
const unreachableNames: ReadonlySet<string> = new Set(['.', '..']);

const MAC_PATTERNS = [
  /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i,
  /^[0-9a-f]{2}(?:-[0-9a-f]{2}){5}$/i,
  /^[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}$/i,
  /^[0-9a-f]{12}$/i,
];
const DEFAULT_MAC = 'default';

const VLAN_ID_MAX = 4095;
const VLAN_PRIORITY_MAX = 7;

/** The canonical spelling, `ring:3` or `phy:0nq1` for a queue; undefined if it is not a port. */
export function canonicalPort(text: string): string | undefined {
  const [, type, number] = PORT_PATTERN.exec(text) ?? [];
  if (type !== undefined) return `${type}:${Number(number)}`;
  const [, port, queue] = QUEUE_PATTERN.exec(text) ?? [];
  return port === undefined ? undefined : `phy:${Number(port)}nq${Number(queue)}`;
}

/** `FA:16:3E:7D:CC:35` for any common notation; undefined if it is not a 48-bit address. */
export function canonicalMac(text: string): string | undefined {
  if (!MAC_PATTERNS.some((pattern) => pattern.test(text))) return undefined;
  return text
    .replace(/[^0-9a-f]/gi, '')
    .toUpperCase()
    .replace(/(..)(?=.)/g, '$1:');
}

export const portSchema = spelled(
  canonicalPort,
  `must be TYPE:NUMBER with one of the types ${PORT_TYPES.replaceAll('|', ', ')}, or phy:NUMBERnqQUEUE`,
);

/** A ring: the ends of a primary's pipe are rings. */
export const ringSchema = v.pipe(
  portSchema,
  v.check((port) => port.startsWith('ring:'), 'must be ring:NUMBER'),
);

/** Of a classifier entry: an address, or `default` for packets that match no other entry. */
export const macSchema = spelled(
  (text) => (text === DEFAULT_MAC ? DEFAULT_MAC : canonicalMac(text)),
  'must be a 48-bit address such as FA:16:3E:7D:CC:35, or "default"',
);

export const nameSchema = v.pipe(
  v.string('must be a string'),
  v.regex(NAME_PATTERN, 'must be 1 to 31 printable ASCII characters without space and ";"'),
  v.check((name) => !unreachableNames.has(name), 'must be something else, for no URL can hold it'),
);

export const coreSchema = wholeNumber(Number.MAX_SAFE_INTEGER, 'must be a whole number');

export const vlanIdSchema = wholeNumber(VLAN_ID_MAX, `must be a whole number from 0 to ${VLAN_ID_MAX}`);

const vlanPrioritySchema = wholeNumber(VLAN_PRIORITY_MAX, `must be a whole number from 0 to ${VLAN_PRIORITY_MAX}`);

const vlanOperationSchema = v.variant(
  'operation',
  [
    v.object({ operation: v.literal('none') }),
    v.object({ operation: v.literal('add'), id: vlanIdSchema, pcp: vlanPrioritySchema }, memberMessage),
    v.object({ operation: v.literal('del') }),
  ],
  (issue) => (issue.expected === 'Object' ? 'must be an object' : 'must be "none", "add" or "del"'),
);

/** What a port does to VLAN tags. Null and `{}` mean none, as in spp-ctl. */
export const vlanSchema = v.pipe(
  v.unknown(),
  v.transform((vlan) => (isEmpty(vlan) ? { operation: 'none' } : vlan)),
  v.check((vlan) => !Array.isArray(vlan), 'must be an object'),
  vlanOperationSchema,
);
export type Vlan = v.InferOutput<typeof vlanSchema>;

/** Message for a missing member of a body or of an object in it, or for a body that is not an object. */
export function memberMessage(issue: v.BaseIssue<unknown>): string {
  return issue.received === 'undefined' ? 'is missing' : 'must be an object';
}

/** One of these words; the error lists them all. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return v.picklist(words, `must be ${words.map((word) => JSON.stringify(word)).join(' or ')}`);
}

function wholeNumber(highest: number, detail: string) {
  return v.pipe(
    v.number(detail),
    v.safeInteger(detail),
    v.minValue(0, detail),
    v.maxValue(highest, detail),
    // Of JSON's -0.
    v.transform((number) => number + 0),
  );
}

function spelled(canonical: (text: string) => string | undefined, detail: string) {
  return v.pipe(
    v.string(detail),
    v.rawTransform(({ dataset, addIssue, NEVER }): string => {
      const spelling = canonical(dataset.value);
      if (spelling !== undefined) return spelling;
      addIssue({ message: detail });
      return NEVER;
    }),
  );
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0;
}
