import { int, optional, string, struct, type ValueOf } from '../xdr/types.ts';
import { uuid } from './uuid.ts';

/* What is common to all programs of libvirt's RPC: src/rpc/virnetprotocol.x and virkeepaliveprotocol.x of its source. */

/** Kinds of messages: virNetMessageType. */
export const MESSAGE_TYPE = { call: 0, reply: 1, message: 2 } as const;

/** virNetMessageStatus. */
export const MESSAGE_STATUS = { ok: 0, error: 1 } as const;

/** The largest message, with its length. */
export const MESSAGE_BYTES = 33_554_432 + 4;

const STRING_BYTES = 4_194_304;
const text = optional(string(STRING_BYTES));

/** What a reply contains whose status is `error`: virNetMessageError. */
export const remoteError = struct({
  code: int,
  domain: int,
  message: text,
  level: int,
  dom: optional(struct({ name: string(STRING_BYTES), uuid, id: int })),
  str1: text,
  str2: text,
  str3: text,
  int1: int,
  int2: int,
  net: optional(struct({ name: string(STRING_BYTES), uuid })),
});
export type RemoteError = ValueOf<typeof remoteError>;

/** The program by which both ends find out whether the other is still there. */
export const KEEPALIVE_PROGRAM = 0x6b656570;
export const KEEPALIVE_VERSION = 1;
export const KEEPALIVE_PING = 1;
export const KEEPALIVE_PONG = 2;
