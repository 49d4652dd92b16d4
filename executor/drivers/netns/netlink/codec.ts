import { refusal } from '../errors.ts';
import {
  NLA_F_NESTED,
  NLA_TYPE_MASK,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLMSG_DONE,
  NLMSGERR_ATTR_MSG,
} from './constants.ts';

/*
 * Netlink messages as bytes, after netlink(7) and <linux/netlink.h>. Numbers are in the host's byte order, which
 * is little endian on every processor that Node is built for here.
 */

const MESSAGE_HEADER = 16;
const ATTRIBUTE_HEADER = 4;

/** A message to send, without its sequence number. */
export interface Request {
  type: number;
  flags: number;
  /** The fixed header of the family (ifinfomsg, ifaddrmsg, rtmsg) and the attributes after it. */
  body: readonly Buffer[];
}

export interface Message {
  type: number;
  flags: number;
  sequence: number;
  payload: Buffer;
}

/** The kernel's answer to one request: errno 0 is success. */
export interface Acknowledgement {
  errno: number;
  /** The extended acknowledgement, verbatim. */
  text: string | null;
}

/** `length` rounded up to the alignment of messages and attributes, four bytes. */
function aligned(length: number): number {
  return (length + 3) & ~3;
}

/** Encodes one request with the given sequence number; `flags` are added to the request's own. */
export function encodeMessage(request: Request, sequence: number, flags: number): Buffer {
  const length = request.body.reduce((sum, part) => sum + part.length, MESSAGE_HEADER);
  const header = Buffer.alloc(MESSAGE_HEADER);
  header.writeUInt32LE(length, 0);
  header.writeUInt16LE(request.type, 4);
  header.writeUInt16LE(request.flags | flags, 6);
  header.writeUInt32LE(sequence, 8);
  return Buffer.concat([header, ...request.body], aligned(length));
}

/**
 * The messages of one datagram. Payloads are views of `datagram`: copy what must outlive it.
 *
 * @throws NetnsError `kernel` when a length is invalid
 */
export function decodeMessages(datagram: Buffer): Message[] {
  const messages: Message[] = [];
  let offset = 0;
  while (offset + MESSAGE_HEADER <= datagram.length) {
    const length = datagram.readUInt32LE(offset);
    if (length < MESSAGE_HEADER || offset + length > datagram.length) {
      throw refusal('kernel', 'read a netlink answer', `a message of ${length} bytes does not fit`);
    }
    messages.push({
      type: datagram.readUInt16LE(offset + 4),
      flags: datagram.readUInt16LE(offset + 6),
      sequence: datagram.readUInt32LE(offset + 8),
      payload: datagram.subarray(offset + MESSAGE_HEADER, offset + length),
    });
    offset += aligned(length);
  }
  return messages;
}

/** One attribute, padded to four bytes. */
export function attribute(type: number, value: Buffer): Buffer {
  const length = ATTRIBUTE_HEADER + value.length;
  const encoded = Buffer.alloc(aligned(length));
  encoded.writeUInt16LE(length, 0);
  encoded.writeUInt16LE(type, 2);
  value.copy(encoded, ATTRIBUTE_HEADER);
  return encoded;
}

/** An attribute that holds attributes. */
export function nested(type: number, ...parts: readonly Buffer[]): Buffer {
  return attribute(type | NLA_F_NESTED, Buffer.concat(parts));
}

export function byteAttribute(type: number, value: number): Buffer {
  return attribute(type, Buffer.of(value));
}

/** An unsigned 32-bit attribute. */
export function wordAttribute(type: number, value: number): Buffer {
  return attribute(type, word(value));
}

/** A text in UTF-8 with the NUL that terminates the kernel's string attributes. */
export function textAttribute(type: number, value: string): Buffer {
  return attribute(type, Buffer.from(`${value}\0`));
}

/** An unsigned 32-bit number in the host's byte order. */
export function word(value: number): Buffer {
  const encoded = Buffer.alloc(4);
  encoded.writeUInt32LE(value);
  return encoded;
}

/** Calls `visit` with the type, flags stripped, and the bounds of each attribute in `data` from `offset` on. */
export function visitAttributes(
  data: Buffer,
  offset: number,
  visit: (type: number, first: number, end: number) => void,
): void {
  let next = offset;
  while (next + ATTRIBUTE_HEADER <= data.length) {
    const length = data.readUInt16LE(next);
    if (length < ATTRIBUTE_HEADER || next + length > data.length) break;
    visit(data.readUInt16LE(next + 2) & NLA_TYPE_MASK, next + ATTRIBUTE_HEADER, next + length);
    next += aligned(length);
  }
}

/**
 * The attributes in `data` by type, flags stripped, or only those `wanted`; values are views. Of several of one type
 * the last is returned.
 */
export function decodeAttributes(data: Buffer, wanted?: ReadonlySet<number>): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  visitAttributes(data, 0, (type, first, end) => {
    if (wanted === undefined || wanted.has(type)) attributes.set(type, data.subarray(first, end));
  });
  return attributes;
}

/** The text of a string attribute, without the NUL; null for a missing attribute. */
export function decodeText(value: Buffer | undefined): string | null {
  return value === undefined ? null : textBetween(value, 0, value.length);
}

/** The text in `data` from `first` on, up to the NUL or to `end`. */
export function textBetween(data: Buffer, first: number, end: number): string {
  const nul = data.indexOf(0, first);
  return data.toString('utf8', first, nul < 0 || nul > end ? end : nul);
}

/** The unsigned 32-bit number of an attribute; null for a missing one. */
export function decodeWord(value: Buffer | undefined): number | null {
  return value === undefined || value.length < 4 ? null : value.readUInt32LE();
}

/** Reads an NLMSG_ERROR (which is also the acknowledgement) or the NLMSG_DONE at the end of a dump. */
export function decodeAcknowledgement(message: Message): Acknowledgement {
  const errno = message.payload.length < 4 ? 0 : 0 - message.payload.readInt32LE();
  if ((message.flags & NLM_F_ACK_TLVS) === 0) return { errno, text: null };
  const attributes = decodeAttributes(message.payload.subarray(acknowledgementHeader(message)));
  return { errno, text: decodeText(attributes.get(NLMSGERR_ATTR_MSG)) };
}

/** An NLMSG_ERROR repeats the header of its request, and all of it unless it is capped. */
function acknowledgementHeader({ type, flags, payload }: Message): number {
  if (type === NLMSG_DONE) return 4;
  const repeated = (flags & NLM_F_CAPPED) !== 0 ? MESSAGE_HEADER : aligned(payload.readUInt32LE(4));
  return 4 + repeated;
}
