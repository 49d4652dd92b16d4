import * as v from 'valibot';
import { Problem } from '../../schema/problem.ts';

/* The issues of a validator, for the tests of schema. */

/** The issues of a schema, by JSON pointer. */
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

/** The problem that an action throws; fails if it throws none. */
export function problemOf(action: () => unknown): Problem {
  try {
    action();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('No problem');
}
