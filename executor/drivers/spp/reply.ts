/**
 * The result of a command. `done`: the process confirmed it. `refused`: with the process' own message. `echo`: it
 * repeated the command, as old processes do whether or not they execute it; only the status shows the effect.
 * `unreadable`: not an answer to this command.
 */
export type ReplyResult =
  | { readonly kind: 'done' | 'echo' | 'unreadable' }
  | { readonly kind: 'refused'; readonly message: string };

const DONE: ReplyResult = { kind: 'done' };
const ECHO: ReplyResult = { kind: 'echo' };
const UNREADABLE: ReplyResult = { kind: 'unreadable' };

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `text` parsed as an object; null for anything else. */
export function parseObject(text: string): JsonObject | null {
  if (!text.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * @param reply without its padding @param command as it was sent: an answer that names another one, or echoes another
 * one, is unreadable
 */
export function replyResultOf(reply: string, command: string): ReplyResult {
  const answer = parseObject(reply);
  if (answer === null) return isEcho(reply, command) ? ECHO : UNREADABLE;
  if (Array.isArray(answer.results)) return replyResultOfList(answer.results);
  if (typeof answer.result === 'string') return replyResultOfOne(answer.result, answer, command);
  return command === 'clear' && answer.status === 'cleared' ? DONE : UNREADABLE;
}

/** vf, mirror, pcap: `{ "results": [ { "result": "error", "error_details": { "message": "…" } } ] }`. */
function replyResultOfList(results: readonly unknown[]): ReplyResult {
  for (const entry of results) {
    if (!isObject(entry) || typeof entry.result !== 'string') return UNREADABLE;
    if (entry.result === 'success') continue;
    const details = isObject(entry.error_details) ? entry.error_details : {};
    return { kind: 'refused', message: typeof details.message === 'string' ? details.message : entry.result };
  }
  return results.length > 0 ? DONE : UNREADABLE;
}

/** nfv and primary: `{"result":"failed","command":"add","port":"ring:99"}`, or with a `message`. */
function replyResultOfOne(result: string, answer: JsonObject, command: string): ReplyResult {
  if (typeof answer.command === 'string' && !`${command} `.startsWith(`${answer.command} `)) return UNREADABLE;
  if (result === 'succeeded' || result === 'success') return DONE;
  return { kind: 'refused', message: typeof answer.message === 'string' ? answer.message : result };
}

/** The process tokenises the command in place, so that blanks, and the colons of ports, are returned as NULs. */
function isEcho(reply: string, command: string): boolean {
  return reply === command || separated(reply) === separated(command);
}

function separated(text: string): string {
  return text.replaceAll('\0', ' ').replaceAll(':', ' ');
}
