import * as v from 'valibot';
import { Problem } from '../../schema/problem.ts';
import type { AppContext } from './context.ts';

/** A validated path parameter. Throws {@link Problem} 400 that names it. */
export function pathParameter<Schema extends v.GenericSchema<unknown, string>>(
  c: AppContext,
  name: string,
  schema: Schema,
): string {
  const result = v.safeParse(schema, c.req.param(name));
  if (result.success) return result.output;
  const detail = result.issues[0].message;
  throw new Problem('invalid', `${name} ${detail}`, { errors: [{ parameter: name, detail }] });
}

/** The validated query. Throws {@link Problem} 400 with each invalid parameter. */
export function queryParameters<Schema extends v.GenericSchema>(c: AppContext, schema: Schema): v.InferOutput<Schema> {
  const result = v.safeParse(schema, c.req.query());
  if (result.success) return result.output;
  const errors = result.issues.map((issue) => ({
    parameter: v.getDotPath(issue) ?? '',
    detail: issue.expected === 'never' ? 'unknown parameter' : issue.message,
  }));
  throw new Problem('invalid', `${errors[0]?.parameter} ${errors[0]?.detail}`, { errors });
}
