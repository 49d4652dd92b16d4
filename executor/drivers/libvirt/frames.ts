import { MESSAGE_BYTES } from './protocol/messages.ts';

/** The header of a message, without its length: virNetMessageHeader of libvirt's src/rpc/virnetprotocol.x. */
export interface FrameHeader {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly type: number;
  /** Chosen by the caller; a reply has that of its call. */
  readonly serial: number;
  readonly status: number;
}

export interface Frame extends FrameHeader {
  readonly payload: Buffer;
}

const LENGTH_BYTES = 4;
/** Of the length and the header. */
const HEADER_BYTES = 28;

export function encodeFrame(header: FrameHeader, payload: Buffer = Buffer.alloc(0)): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES + payload.length);
  const { program, version, procedure, type, serial, status } = header;
  let offset = frame.writeUInt32BE(frame.length, 0);
  offset = frame.writeUInt32BE(program, offset);
  offset = frame.writeUInt32BE(version, offset);
  offset = frame.writeInt32BE(procedure, offset);
  offset = frame.writeInt32BE(type, offset);
  offset = frame.writeUInt32BE(serial, offset);
  offset = frame.writeInt32BE(status, offset);
  payload.copy(frame, offset);
  return frame;
}

/** Finds the messages in what arrives in pieces of any size. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #size = 0;
  /** The size that what has arrived must have before it is looked at again. */
  #needed = LENGTH_BYTES;

  /** The messages that the piece completes. @throws Error when the bytes cannot be messages */
  push(piece: Buffer): Frame[] {
    this.#pieces.push(piece);
    this.#size += piece.length;
    const frames: Frame[] = [];
    while (this.#size >= this.#needed) {
      const bytes = this.#joined();
      const length = lengthOf(bytes);
      this.#needed = length;
      if (bytes.length < length) break;
      frames.push(decodeFrame(bytes.subarray(0, length)));
      this.#keep(bytes.subarray(length));
    }
    return frames;
  }

  #joined(): Buffer {
    const [first] = this.#pieces;
    const bytes = first !== undefined && this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces);
    this.#pieces = [bytes];
    return bytes;
  }

  #keep(rest: Buffer): void {
    this.#pieces = [rest];
    this.#size = rest.length;
    this.#needed = LENGTH_BYTES;
  }
}

function lengthOf(bytes: Buffer): number {
  const length = bytes.readUInt32BE(0);
  if (length < HEADER_BYTES || length > MESSAGE_BYTES) throw new Error(`a message of ${length} bytes is announced`);
  return length;
}

function decodeFrame(frame: Buffer): Frame {
  return {
    program: frame.readUInt32BE(4),
    version: frame.readUInt32BE(8),
    procedure: frame.readInt32BE(12),
    type: frame.readInt32BE(16),
    serial: frame.readUInt32BE(20),
    status: frame.readInt32BE(24),
    payload: frame.subarray(HEADER_BYTES),
  };
}
