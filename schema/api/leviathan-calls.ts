import * as v from 'valibot';
import { anyObjectSchema, objectMessage } from './common.ts';
import { containerIdSchema } from './leviathan.ts';

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
