import type { Socket } from 'node:net';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { type HandshakeFault, hugeJson, RUBBISH } from './faults.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file sends one reply, in the way that its fault asks for.
 */

/** The state of the process or its connection after a reply. */
export type Sent = 'sent' | 'killed' | 'disconnected' | 'frozen';

/** Long enough for a piece to arrive separately, short enough for many. */
const PIECE_MS = 5;

export async function send(
  socket: Socket,
  reply: Buffer,
  fault: HandshakeFault | undefined,
  signal: AbortSignal,
): Promise<Sent> {
  if (!fault) {
    await write(socket, reply);
    return 'sent';
  }
  switch (fault.kind) {
    case 'slow':
      await pause(fault.milliseconds, undefined, { signal });
      await write(socket, reply);
      return 'sent';
    case 'split':
      await writePieces(socket, pieces(reply, fault.sizes), fault.milliseconds ?? PIECE_MS, signal);
      return 'sent';
    case 'silent':
      return 'sent';
    case 'dieMidReply':
      await write(socket, reply.subarray(0, fault.bytes));
      return 'killed';
    case 'disconnectMidReply':
      await write(socket, reply.subarray(0, fault.bytes));
      return 'disconnected';
    case 'halfOpen':
      return 'frozen';
    default:
      await write(socket, instead(reply, fault));
      return 'sent';
  }
}

type Replacing = Extract<HandshakeFault, { kind: 'wrongJson' | 'rubbish' | 'text' | 'huge' | 'id' }>;

function instead(reply: Buffer, fault: Replacing): Buffer {
  switch (fault.kind) {
    case 'wrongJson':
      return framedLike(reply, '{ "unexpected": [ { "answer": 42 } ] }');
    case 'rubbish':
      return RUBBISH;
    case 'text':
      return framedLike(reply, fault.text);
    case 'huge':
      return hugeJson(fault.bytes);
    case 'id':
      return framedLike(reply, withId(reply.toString('latin1').replace(/\0+$/, ''), fault.id));
  }
}

/** A text as a reply of the same process: padded with NULs if it sends frames. */
function framedLike(reply: Buffer, text: string): Buffer {
  const bytes = Buffer.from(text);
  if (reply.at(-1) !== 0) return bytes;
  return Buffer.concat([bytes, Buffer.alloc(Math.max(0, reply.length - bytes.length))]);
}

/** The reply to the handshake with another id; that of an old nfv consists of the id alone. */
function withId(text: string, id: string): string {
  return text.includes('client_id') ? text.replace(/("client_id": ?)[^,}\s]+/, `$1${id}`) : id;
}

function pieces(reply: Buffer, sizes: readonly number[]): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  for (const size of [...sizes, reply.length]) {
    const piece = reply.subarray(at, at + size);
    if (piece.length > 0) found.push(piece);
    at += size;
  }
  return found;
}

async function writePieces(
  socket: Socket,
  parts: readonly Buffer[],
  milliseconds: number,
  signal: AbortSignal,
): Promise<void> {
  for (const [index, part] of parts.entries()) {
    if (index > 0) {
      await pause(milliseconds, undefined, { signal });
      // A controller in the same process reads the previous piece in this turn, however late the timer was.
      await turn();
    }
    await write(socket, part);
  }
}

/** Resolves when the kernel has accepted the bytes; a broken connection is noticed when it closes. */
function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    socket.write(bytes, () => resolve());
  });
}
