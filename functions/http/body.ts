import * as v from 'valibot';
import { isObject, pointerTo } from '../../schema/api/common.ts';
import { type MemberError, Problem } from '../../schema/problem.ts';
import { bodyText } from './body-text.ts';
import type { AppContext } from './context.ts';
import { yieldAfter } from './yield.ts';

const WARNING_MEMBERS_MAX = 10;

/**
 * The validated request body, parsed as JSON whatever its `Content-Type`. Members that the schema of an older daemon's
 * request does not have are ignored and named in a `Warning` header. Throws {@link Problem} 400.
 */
export async function readBody<Schema extends v.GenericSchema>(
  c: AppContext,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const text = await bodyText(c);
  await yieldAfter(text);
  const input = parseJson(text);
  await yieldAfter(text);
  const value = validate(schema, input);
  await yieldAfter(text);
  warnOfIgnored(c, unknownMembers(input, value));
  await yieldAfter(text);
  return value;
}

/** Names unknown members of a request by their JSON pointers (RFC 6901) in a `Warning` header. */
export function warnOfIgnored(c: AppContext, ignored: readonly string[]): void {
  if (ignored.length === 0) return;
  const named = ignored.slice(0, WARNING_MEMBERS_MAX).map(headerText).join(', ');
  const more = ignored.length > WARNING_MEMBERS_MAX ? ', ...' : '';
  c.header('warning', `299 - "unknown members ignored: ${named}${more}"`);
}

/** As {@link readBody}, for a schema that itself rejects unknown members. */
export async function readStrictBody<Schema extends v.GenericSchema>(
  c: AppContext,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  return validate(schema, parseJson(await bodyText(c)));
}

/** As {@link readStrictBody}, for a request whose body is optional. */
export async function readOptionalBody<Schema extends v.GenericSchema>(
  c: AppContext,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const text = await bodyText(c);
  return validate(schema, text.trim() === '' ? {} : parseJson(text));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const where = cause instanceof SyntaxError ? /position \d+/.exec(cause.message)?.[0] : undefined;
    throw new Problem('malformed', `The body is not JSON${where ? ` (${where})` : ''}`, {
      errors: [{ pointer: '', detail: 'is not JSON' }],
      cause,
    });
  }
}

/** Validates a value; throws a {@link Problem} with a JSON pointer for each invalid member. */
export function validate<Schema extends v.GenericSchema>(schema: Schema, input: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const errors = result.issues.map((issue): MemberError => ({ pointer: pointer(issue), detail: issue.message }));
  const first = errors[0];
  throw new Problem(
    'invalid',
    `${first?.pointer ? `${first.pointer} ` : 'The body '}${first?.detail ?? 'is invalid'}`,
    {
      errors,
    },
  );
}

function pointer(issue: v.BaseIssue<unknown>): string {
  return pointerTo((issue.path ?? []).map(({ key }) => String(key)));
}

/** A header field may contain visible ASCII only (RFC 9110), and this one is a quoted string. */
function headerText(text: string): string {
  return encodeURI(text).replaceAll('"', '%22');
}

function unknownMembers(input: unknown, known: unknown, path = ''): string[] {
  if (Array.isArray(input)) {
    return Array.isArray(known)
      ? input.flatMap((item, index) => unknownMembers(item, known[index], `${path}/${index}`))
      : [];
  }
  if (!isObject(input) || !isObject(known)) return [];
  return Object.entries(input).flatMap(([key, value]) => {
    const member = `${path}${pointerTo([key])}`;
    return Object.hasOwn(known, key) ? unknownMembers(value, known[key], member) : [member];
  });
}
