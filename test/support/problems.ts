import * as v from 'valibot';
import { Problem } from '../../schema/problem.ts';

/* What a validator refuses, for the tests of schema. */

/** What a schema refuses, by JSON pointer. */
export function issuesOf(schema: v.GenericSchema, input: unknown): Readonly<Record<string, string>> {
  const issues = v.safeParse(schema, input).issues ?? [];
  return Object.fromEntries(
    issues.map(({ path, message }) => [(path ?? []).map(({ key }) => `/${String(key)}`).join(''), message]),
  );
}

/** The members that the problem of an action names; fails if there is none. */
export function refusals(action: () => unknown): Readonly<Record<string, string>> {
  const problem = problemOf(action);
  if (problem.status !== 400) throw problem;
  return Object.fromEntries((problem.errors ?? []).map(({ pointer, detail }) => [pointer, detail]));
}

/** The problem that ends an action; fails if none does. */
export function problemOf(action: () => unknown): Problem {
  try {
    action();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('No problem');
}
