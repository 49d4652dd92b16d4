import { checkRequest, type RequestRules, readRequest } from '../../schema/api/spp/request.ts';

/* Requests of the SPP dialect, for the tests of their rules. */

/* The rules are in tables, whose types do not describe the normal form of a request. */
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
