import * as v from 'valibot';
import { type MemberError, Problem } from '../../problem.ts';
import { isObject, pointerTo } from '../common.ts';
import { invalidKey, keyRequired, NumberLiteral, unknownKey } from './text.ts';

/** Known members of a request, with those of nested objects; null: the value is not inspected. */
export interface Members {
  readonly [name: string]: Members | null;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** The rules of one request, in the order in which spp-ctl checks them. */
export interface RequestRules<Schema extends v.GenericSchema = v.GenericSchema> {
  /** Its entries are in the order in which spp-ctl checks values; it first checks that all keys are present. */
  readonly schema: Schema;
  /** Required keys, in the order in which they are checked. */
  readonly required: (body: JsonObject) => readonly string[];
  readonly members: Members;
  /** The names of members in errors, if not their own. */
  readonly labels?: Readonly<Record<string, string>>;
  /** An extension rejects unknown members; the requests of spp-ctl ignore them. */
  readonly extension: boolean;
  /** Whether the body is optional: without one it is `{}`. */
  readonly optional?: boolean;
}

/** A valid request in its normal form. */
export interface Accepted<Schema extends v.GenericSchema> {
  readonly value: v.InferOutput<Schema>;
  /** JSON pointers (RFC 6901) of unknown members, for the `Warning` header. */
  readonly ignored: readonly string[];
}

const UNKNOWN_MAX = 20;

interface Fault {
  readonly message: string;
  readonly error: MemberError;
}

/**
 * The request of a body, parsed as JSON whatever its `Content-Type`.
 *
 * @throws Problem 400: `malformed` if it is no JSON object, `invalid` with spp-ctl's text for the first fault, and with
 * a JSON pointer for each
 */
export function readRequest<Schema extends v.GenericSchema>(
  rules: RequestRules<Schema>,
  text: string,
): Accepted<Schema> {
  return checkRequest(rules, rules.optional === true && text.trim() === '' ? {} : parseBody(text));
}

/** As {@link readRequest}, for a parsed body, in which `1.0` and `1e2` can no longer be told from whole numbers. */
export function checkRequest<Schema extends v.GenericSchema>(
  rules: RequestRules<Schema>,
  body: unknown,
): Accepted<Schema> {
  if (!isMembers(body)) throw notAnObject(rules);
  const missing = rules.required(body).filter((key) => !Object.hasOwn(body, key));
  const result = v.safeParse(rules.schema, body);
  const unknown = unknownMembers(body, rules.members);
  const faults = [
    ...missing.map(missingFault),
    ...(result.issues ?? []).filter((issue) => !missing.includes(keyOf(issue))).map(valueFault(rules, body)),
    ...(rules.extension ? unknown.slice(0, UNKNOWN_MAX).map(unknownFault) : []),
  ];
  const [first] = faults;
  if (first !== undefined) throw new Problem('invalid', first.message, { errors: faults.map(({ error }) => error) });
  if (!result.success) throw new Error('A schema refused a body and named no issue');
  return { value: result.output, ignored: unknown };
}

/** For a request that always requires the same keys. */
export function requires(...keys: string[]): () => readonly string[] {
  return () => keys;
}

/** A member of a body of any type. */
export function memberOf(body: unknown, key: string): unknown {
  return isMembers(body) && Object.hasOwn(body, key) ? body[key] : undefined;
}

/** Numbers that {@link keepLiterals} may have to keep: a body without them is parsed in a fifth of the time. */
const oddNumber = /\d[.eE]|\d{16}/;

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text, oddNumber.test(text) ? keepLiterals : undefined);
  } catch (cause) {
    const where = cause instanceof SyntaxError ? /position \d+/.exec(cause.message)?.[0] : undefined;
    throw new Problem('malformed', 'Not in json format.', {
      hint: where && `See ${where} of the body`,
      errors: [{ pointer: '', detail: 'is not JSON' }],
      cause,
    });
  }
}

/** A reviver; engines without source text access (ES2026) do not pass the third argument. */
function keepLiterals(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined) return value;
  return Number.isSafeInteger(value) && !/[.e]/i.test(source) ? value : new NumberLiteral(source);
}

/** spp-ctl looked up its keys in a list or a string as well, and reported the first as missing. */
function notAnObject(rules: RequestRules): Problem {
  const [first] = rules.required({});
  return new Problem('malformed', first === undefined ? 'Not a json object.' : keyRequired(first), {
    hint: 'The body must be a JSON object',
    errors: [{ pointer: '', detail: 'must be a JSON object' }],
  });
}

function missingFault(key: string): Fault {
  return { message: keyRequired(key), error: { pointer: pointerTo([key]), detail: 'is missing' } };
}

function valueFault(rules: RequestRules, body: JsonObject): (issue: v.BaseIssue<unknown>) => Fault {
  return (issue) => {
    const key = keyOf(issue);
    const steps = (issue.path ?? []).map((step) => String(step.key));
    return {
      message: invalidKey(rules.labels?.[key] ?? key, body[key]),
      error: { pointer: pointerTo(steps), detail: issue.message },
    };
  };
}

function unknownFault(pointer: string): Fault {
  const key = (pointer.split('/').at(-1) ?? '').replaceAll('~1', '/').replaceAll('~0', '~');
  return { message: unknownKey(key), error: { pointer, detail: 'unknown member' } };
}

function keyOf(issue: v.BaseIssue<unknown>): string {
  return String(issue.path?.[0].key ?? '');
}

function unknownMembers(body: JsonObject, members: Members, steps: readonly string[] = []): string[] {
  return Object.entries(body).flatMap(([key, value]) => {
    if (!Object.hasOwn(members, key)) return [pointerTo([...steps, key])];
    const inner = members[key] ?? null;
    return inner !== null && isMembers(value) ? unknownMembers(value, inner, [...steps, key]) : [];
  });
}

/** A {@link NumberLiteral} is an object, too. */
function isMembers(value: unknown): value is JsonObject {
  return isObject(value) && !(value instanceof NumberLiteral);
}
