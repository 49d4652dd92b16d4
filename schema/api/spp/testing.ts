import { Problem } from '../../problem.ts';
import { checkRequest, type RequestRules, readRequest } from './request.ts';

/* For the tests of this folder. */

/* The rules come from tables, where no type tells the normal form of a request. */
interface Accepted {
  readonly value: unknown;
  readonly ignored: readonly string[];
}

export function read(rules: RequestRules, text: string): Accepted {
  return readRequest(rules, text);
}

export function check(rules: RequestRules, body: unknown): Accepted {
  return checkRequest(rules, body);
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
