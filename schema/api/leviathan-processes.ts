import * as v from 'valibot';
import { WORDS_CHARACTERS_MAX, WORDS_MAX } from '../images/words.ts';
import { restartPolicies } from '../resources/network/process.ts';
import { anyObjectSchema, objectMessage } from './common.ts';
import { typeSchema } from './images.ts';

/* What a container runs, as requests say it. */

const MOUNTS_MAX = 100;
const PATH_MAX = 4_095;
const USER_MAX = 255;

const textSchema = v.pipe(
  v.string('must be a string'),
  v.check((text) => !text.includes('\0'), 'must not contain a NUL character'),
);

const wordsSchema = v.pipe(
  v.array(textSchema, 'must be a list of strings'),
  v.maxLength(WORDS_MAX, `must have at most ${WORDS_MAX} entries`),
  v.check(
    (words) => words.reduce((sum, word) => sum + word.length, 0) <= WORDS_CHARACTERS_MAX,
    `must have at most ${WORDS_CHARACTERS_MAX} characters`,
  ),
);

const programSchema = v.pipe(
  wordsSchema,
  v.minLength(1, 'must not be empty'),
  v.check(([program]) => program !== '', 'must begin with a program'),
);

const environmentRule = 'must be a list of NAME=VALUE, or an object of strings';

/** `{"NAME": "VALUE"}`, or a list of `NAME=VALUE`. */
const environmentSchema = v.pipe(
  v.union([v.array(v.string()), v.record(v.string(), v.string())], environmentRule),
  v.transform((given) =>
    Array.isArray(given) ? given : Object.entries(given).map(([name, value]) => `${name}=${value}`),
  ),
  wordsSchema,
  v.everyItem((line) => line.indexOf('=') > 0, environmentRule),
);

const pathRule = 'must be an absolute path without ".."';
const pathSchema = v.pipe(
  textSchema,
  v.maxLength(PATH_MAX, `must have at most ${PATH_MAX} characters`),
  v.check((path) => path.startsWith('/') && !path.split('/').includes('..'), pathRule),
);

/** What every container has there is the kernel's, or made for it. */
const OWN_PLACES: readonly (string | undefined)[] = [undefined, 'proc', 'sys', 'dev'];
const targetSchema = v.pipe(
  pathSchema,
  v.check(
    (path) => !OWN_PLACES.includes(path.split('/').find((part) => !['', '.'].includes(part))),
    'must not be /, nor in /proc, /sys or /dev',
  ),
);

const mountSchema = v.strictObject(
  { source: pathSchema, target: targetSchema, readonly: v.optional(v.boolean('must be true or false'), false) },
  (issue) => {
    const known = objectMessage(issue);
    return known === 'must be an object' ? 'must be an object with source and target' : known;
  },
);

/** Members of the body of PUT /host/{h}/{c}; null sets one back to what the image says. */
export const processEntries = {
  image: v.optional(v.nullable(typeSchema)),
  entrypoint: v.optional(v.nullable(programSchema)),
  command: v.optional(v.nullable(wordsSchema)),
  env: v.optional(v.nullable(environmentSchema)),
  user: v.optional(
    v.nullable(
      v.pipe(
        textSchema,
        v.minLength(1, 'must not be empty'),
        v.maxLength(USER_MAX, `must have at most ${USER_MAX} characters`),
      ),
    ),
  ),
  workdir: v.optional(v.nullable(pathSchema)),
  mounts: v.optional(
    v.nullable(
      v.pipe(
        v.array(mountSchema, 'must be a list'),
        v.maxLength(MOUNTS_MAX, `must have at most ${MOUNTS_MAX} entries`),
      ),
    ),
  ),
  restart: v.optional(v.nullable(v.picklist(restartPolicies, `must be one of ${restartPolicies.join(', ')}`))),
};

const STOP_SECONDS_MAX = 300;
const stopRule = `must be a number of seconds from 0 to ${STOP_SECONDS_MAX}`;

/** The optional body of POST /host/{h}/{c}/stop and /restart: how long the process may take before SIGKILL. */
export const stopSchema = v.pipe(
  anyObjectSchema,
  v.strictObject(
    {
      timeout: v.optional(v.pipe(v.number(stopRule), v.minValue(0, stopRule), v.maxValue(STOP_SECONDS_MAX, stopRule))),
    },
    objectMessage,
  ),
);

/** What a container's representation has of its process. */
export const processBodyEntries = {
  image: v.optional(v.string()),
  entrypoint: v.optional(v.array(v.string())),
  command: v.optional(v.array(v.string())),
  env: v.optional(v.array(v.string())),
  user: v.optional(v.string()),
  workdir: v.optional(v.string()),
  mounts: v.optional(v.array(v.object({ source: v.string(), target: v.string(), readonly: v.boolean() }))),
  restart: v.optional(v.picklist(restartPolicies)),
  /** `stopped`: by request; it stays so until one to start it. */
  wanted: v.optional(v.picklist(['running', 'stopped'])),
  exit_code: v.optional(v.nullable(v.number())),
  /** Why there is no exit code. */
  reason: v.optional(v.string()),
  started: v.optional(v.string()),
  finished: v.optional(v.nullable(v.string())),
  restarts: v.optional(v.number()),
  /** When it is started again by its policy. */
  next_start: v.optional(v.string()),
};
