import type { HandshakeKind, ProcessType } from './protocol-version.ts';
import { parseObject } from './reply.ts';

export const HANDSHAKE = '_get_client_id';

export interface Identity {
  readonly id: number;
  readonly type: Exclude<ProcessType, 'primary'>;
  readonly handshake: Exclude<HandshakeKind, 'none'>;
}

const TYPES: readonly string[] = ['vf', 'nfv', 'mirror', 'pcap'] satisfies Identity['type'][];
const WHOLE_NUMBER = /^[1-9]\d{0,8}$/;

/**
 * Identifies a process by its answer to `_get_client_id`, in any protocol version: a bare integer is an nfv, JSON
 * without `process_type` a vf.
 *
 * @returns the reason, in plain words, if it is no such answer or the id is not a whole number from 1
 */
export function identify(reply: string): Identity | string {
  const answer = parseObject(reply);
  if (answer === null) {
    const text = reply.trim();
    if (WHOLE_NUMBER.test(text)) return { id: Number(text), type: 'nfv', handshake: 'integer' };
    return `invalid client id ${shown(text)}`;
  }
  const { client_id: id, process_type: type } = answer;
  if (typeof id !== 'number' || !WHOLE_NUMBER.test(String(id))) return `invalid client id ${shown(JSON.stringify(id))}`;
  if (type === undefined) return { id, type: 'vf', handshake: 'json' };
  if (!isType(type)) return `invalid process type ${shown(JSON.stringify(type))}`;
  return { id, type, handshake: 'json-typed' };
}

function isType(value: unknown): value is Identity['type'] {
  return typeof value === 'string' && TYPES.includes(value);
}

/** Input from unknown peers goes into the log: truncated, and without control characters. */
function shown(text: string | undefined): string {
  return JSON.stringify((text ?? 'nothing').slice(0, 80));
}
