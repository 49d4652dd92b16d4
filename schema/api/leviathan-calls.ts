import * as v from 'valibot';
import { anyObjectSchema, objectMessage } from './common.ts';
import { containerIdSchema } from './leviathan.ts';
import { PAGE_DEFAULT, PAGE_MAX, wholeNumber } from './pages.ts';

/** Default and maximum of the time that a command in a container may take, in seconds. */
export const COMMAND_SECONDS = 20;
export const COMMAND_SECONDS_MAX = 300;

const commandSchema = v.pipe(
  v.array(
    v.pipe(
      v.string('must be a string'),
      v.check((word) => !word.includes('\0'), 'must not contain a NUL character'),
    ),
    'must be a list of strings',
  ),
  v.check(([program = '']) => program !== '', 'must begin with a program'),
);

const timeoutSchema = v.pipe(
  v.number('must be a number of seconds'),
  v.integer('must be whole'),
  v.minValue(1, 'must be at least 1'),
  v.maxValue(COMMAND_SECONDS_MAX, `must be at most ${COMMAND_SECONDS_MAX}`),
);

const executeMembers = { command: commandSchema, timeout: v.optional(timeoutSchema, COMMAND_SECONDS) };

/** The body of POST /host/{h}/{c}/exec (extension). */
export const executeBodySchema = v.pipe(anyObjectSchema, v.strictObject(executeMembers, objectMessage));

/** The same as its operation keeps it. */
export const executeSchema = v.object({ contID: containerIdSchema, ...executeMembers });
export type Execute = v.InferOutput<typeof executeSchema>;

/** What a command has done. */
export const executedSchema = v.object({
  /** 128 and the signal of a command that was killed; null after the timeout. */
  exit_code: v.nullable(v.number()),
  stdout: v.string(),
  stderr: v.string(),
  timed_out: v.boolean(),
  /** At least one of the streams was longer than what is answered. */
  truncated: v.boolean(),
});
export type Executed = v.InferOutput<typeof executedSchema>;

/** A cursor, or a time in UTC (RFC 3339); whether a cursor is one, its host finds out. */
const sinceSchema = v.pipe(
  v.string(),
  v.maxLength(1000, 'is longer than any cursor'),
  v.check(
    (since) => /^[\w-]+$/.test(since) || isTime(since),
    'must be the `next` of an earlier answer, or a time like 2026-11-28T12:00:00Z',
  ),
);

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** The query of GET /host/{h}/{c}/log (extension). */
export const logQuerySchema = v.strictObject({
  since: v.optional(v.nullable(sinceSchema), null),
  limit: v.optional(wholeNumber(1, PAGE_MAX), `${PAGE_DEFAULT}`),
  follow: v.pipe(
    v.optional(v.picklist(['true', 'false'], 'must be true or false'), 'false'),
    v.transform((follow) => follow === 'true'),
  ),
});

/** A question for the log, as its operation has it. */
export const logRequestSchema = v.object({
  contID: containerIdSchema,
  since: v.nullable(v.string()),
  limit: v.number(),
  /** How long the host waits for a line if there is none, in milliseconds. */
  wait: v.number(),
});
export type LogRequest = v.InferOutput<typeof logRequestSchema>;

export const logPageSchema = v.object({
  lines: v.array(v.object({ time: v.string(), stream: v.picklist(['stdout', 'stderr']), text: v.string() })),
  /** The `since` of the next request. */
  next: v.string(),
  /** Lines between `since` and the first one here are gone. */
  gap: v.boolean(),
});
export type LogPage = v.InferOutput<typeof logPageSchema>;
