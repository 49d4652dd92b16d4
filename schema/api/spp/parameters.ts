import * as v from 'valibot';
import { Problem } from '../../problem.ts';
import { invalidKey, shown } from './text.ts';
import { nameSchema } from './values.ts';

export interface ProcessIdParameter {
  /** Null if no process can have it: 0, negative, or too large. */
  readonly id: number | null;
  /** As shown in errors: `01` is 1. */
  readonly shown: string;
}

/** spp-ctl's routes accept whole numbers as ids, and with them `-1`, `0` and `01`, which is 1. */
const ID_PATTERN = /^-?[0-9]+$/;

/** @throws Problem 404 for an unknown URL, as from spp-ctl's routing, if it is not a whole number */
export function readProcessId(text: string, path: string): ProcessIdParameter {
  if (!ID_PATTERN.test(text)) throw unknownUrl(path);
  const canonical = text.replace(/^(-?)0+(?=[0-9])/, '$1').replace(/^-0$/, '0');
  const id = Number(canonical);
  return { id: Number.isSafeInteger(id) && id >= 1 ? id : null, shown: shown(canonical) };
}

/** There is no process of the path's type with the id. */
export function unknownProcess(id: ProcessIdParameter): Problem {
  return new Problem('not_found', `sec_id ${id.shown} not found.`);
}

/** No process with the id has connected. */
export function missingProcess(process: number): Problem {
  return process === 0
    ? new Problem('not_found', 'primary not found.')
    : unknownProcess({ id: process, shown: shown(String(process)) });
}

export function unknownUrl(path: string): Problem {
  return new Problem('not_found', `Not found: '${shown(path)}'`);
}

/**
 * The name of a component in a path, decoded and validated, since it goes into a command to the process.
 *
 * @throws Problem 400
 */
export function readComponentName(text: string): string {
  const result = v.safeParse(nameSchema, text);
  if (result.success) return result.output;
  throw new Problem('invalid', invalidKey('name', text), {
    errors: [{ parameter: 'name', detail: result.issues[0].message }],
  });
}
