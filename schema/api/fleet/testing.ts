import * as v from 'valibot';
import { Problem } from '../../problem.ts';

/* For the tests of this folder. */

/** What a schema refuses, by JSON pointer. */
export function issuesOf(schema: v.GenericSchema, input: unknown): Readonly<Record<string, string>> {
  const issues = v.safeParse(schema, input).issues ?? [];
  return Object.fromEntries(
    issues.map(({ path, message }) => [(path ?? []).map(({ key }) => `/${String(key)}`).join(''), message]),
  );
}

/** The members that the problem of an action names; fails if there is none. */
export function refusals(action: () => unknown): Readonly<Record<string, string>> {
  try {
    action();
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 400) throw error;
    return Object.fromEntries((error.errors ?? []).map(({ pointer, detail }) => [pointer, detail]));
  }
  throw new Error('No problem');
}
