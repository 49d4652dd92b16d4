import * as v from 'valibot';
import { anyObjectSchema, isObject, objectMessage, pointerTo } from '../../../../schema/api/common.ts';
import { cenIdSchema } from '../../../../schema/api/leviathan.ts';

/*
 * The messages of /leviathan/monitor, member for member as leviathan's document defines them. Extensions: the events
 * `destroy` and `update`, and the parameter `events`, which limits them.
 */

export const monitorEvents = ['create', 'destroy', 'update'] as const;
export type MonitorEvent = (typeof monitorEvents)[number];

const MONITOR_ID_MAX = 128;
const SEQUENCE_MAX = 1_000;

const tokenMessage = 'must be a string';

const startSchema = v.pipe(
  anyObjectSchema,
  v.object(
    {
      type: v.literal('start', 'must be "start"'),
      // A number is a token as well, and is answered as a number.
      sequence: v.union(
        [v.pipe(v.string(), v.maxLength(SEQUENCE_MAX)), v.number()],
        `must be a string of at most ${SEQUENCE_MAX} characters`,
      ),
      monitor: v.literal('CIN', 'must be "CIN"'),
      monitorID: v.optional(
        v.nullable(
          v.pipe(
            v.string(tokenMessage),
            v.minLength(1, 'must not be empty'),
            v.maxLength(MONITOR_ID_MAX, `must have at most ${MONITOR_ID_MAX} characters`),
          ),
        ),
      ),
      parameters: v.pipe(
        v.custom<unknown>((value) => value !== undefined, 'is missing'),
        anyObjectSchema,
        v.object(
          {
            cinID: cenIdSchema,
            container_tag: v.optional(v.nullable(v.string(tokenMessage))),
            events: v.optional(
              v.nullable(
                v.array(v.picklist(monitorEvents, `must be one of ${monitorEvents.join(', ')}`), 'must be a list'),
              ),
            ),
          },
          objectMessage,
        ),
      ),
    },
    objectMessage,
  ),
);

/** A request to create a monitor, or to replace the one with this id. */
export interface StartRequest {
  readonly kind: 'start';
  readonly sequence: string | number;
  readonly monitorId: string | null;
  readonly cin: string;
  readonly filter: MonitorFilter;
}

/** What a monitor reports. */
export interface MonitorFilter {
  /** Of the containers; null: any, and none. */
  readonly tag: string | null;
  readonly events: readonly MonitorEvent[];
}

export interface InvalidMessage {
  readonly kind: 'invalid';
  /** As the message carried it. */
  readonly sequence: string | number | null;
  readonly reason: string;
}

/** `data`: text, or octets, which are no message. */
export function readMessage(data: unknown): StartRequest | InvalidMessage {
  const message = typeof data === 'string' ? parseJson(data) : undefined;
  if (message === undefined) return invalid(null, typeof data === 'string' ? 'is not JSON' : 'is not text');
  const read = v.safeParse(startSchema, message);
  if (!read.success) return invalid(sequenceOf(message), describe(read.issues[0]));
  const { sequence, monitorID, parameters } = read.output;
  return {
    kind: 'start',
    sequence,
    monitorId: monitorID ?? null,
    cin: parameters.cinID,
    filter: { tag: parameters.container_tag ?? null, events: parameters.events ?? monitorEvents },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(sequence: InvalidMessage['sequence'], reason: string): InvalidMessage {
  return { kind: 'invalid', sequence, reason: `invalid request: ${reason}` };
}

function sequenceOf(message: unknown): InvalidMessage['sequence'] {
  const sequence = isObject(message) ? message.sequence : null;
  const isToken = typeof sequence === 'string' ? sequence.length <= SEQUENCE_MAX : typeof sequence === 'number';
  return isToken ? (sequence as string | number) : null;
}

function describe({ path, message, received }: v.BaseIssue<unknown>): string {
  const pointer = pointerTo((path ?? []).map(({ key }) => String(key)));
  const detail = received === 'undefined' ? 'is missing' : message;
  return pointer === '' ? detail : `${pointer} ${detail}`;
}

/** A container in a message. */
export interface MonitoredContainer {
  readonly containerID: string;
  readonly ipaddress: string;
  readonly tag: string | null;
}

export function errorMessage(sequence: string | number | null, message: string): string {
  return JSON.stringify({ type: 'error', sequence, response: { message } });
}

/** `state`: JSON of a list of {@link MonitoredContainer}; many monitors are answered the same one. */
export function responseMessage(sequence: string | number, monitorId: string, state: string): string {
  const [token, id] = [JSON.stringify(sequence), JSON.stringify(monitorId)];
  return `{"type":"response","sequence":${token},"response":{"monitorID":${id},"state":${state}}}`;
}

/** `containers`: JSON of a list of {@link MonitoredContainer}. */
export function eventMessage(monitorId: string, event: MonitorEvent, containers: string): string {
  return `{"type":"event","monitorID":${JSON.stringify(monitorId)},"event":"${event}","message":${containers}}`;
}
