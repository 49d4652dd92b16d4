import { type NetnsError, refusal, systemError } from '../errors.ts';
import { requireTime } from '../expiry.ts';
import { closeDescriptor, openRouteSocket, receive, send, setSocketOption } from '../syscalls.ts';
import {
  type Acknowledgement,
  decodeAcknowledgement,
  decodeMessages,
  encodeMessage,
  type Message,
  type Request,
  word,
} from './codec.ts';
import {
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  SO_RCVBUFFORCE,
  SO_RCVTIMEO,
  SO_SNDBUFFORCE,
  SOL_NETLINK,
  SOL_SOCKET,
} from './constants.ts';

const RECEIVE_TIMEOUT_SECONDS = 5;
/** Room for a batch of some ten thousand requests, and for as many refusals. */
const BUFFER_BYTES = 4 << 20;
/** The kernel fills up to 32 KiB of a dump at once, if the reader has room for it. */
const DATAGRAM_BYTES = 64 << 10;
/** Each answer takes some 4 KiB of the socket's buffer until it is read. */
const ASKED_AT_ONCE = 256;
/** A dump that was interrupted by changes is repeated; if the host changes all the time it is `busy`. */
const DUMP_ATTEMPTS = 20;
const EAGAIN = 11;
const EINTR = 4;

/** All sockets of the thread share this buffer: calls are synchronous and never overlap. */
const datagram = Buffer.alloc(DATAGRAM_BYTES);

/**
 * An rtnetlink socket. It stays in the network namespace in which it was opened, wherever the thread goes.
 * Every call blocks until the kernel has answered, for at most five seconds.
 */
export class RouteSocket implements Disposable {
  readonly #descriptor: number;
  #sequence = 0;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Opens a socket in the namespace that the calling thread is in. */
  static open(): RouteSocket {
    const socket = RouteSocket.openForReading();
    const descriptor = socket.#descriptor;
    const on = word(1);
    setSocketOption(descriptor, SOL_NETLINK, NETLINK_CAP_ACK, on);
    setSocketOption(descriptor, SOL_NETLINK, NETLINK_EXT_ACK, on);
    setSocketOption(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, word(BUFFER_BYTES));
    setSocketOption(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, word(BUFFER_BYTES));
    return socket;
  }

  /** The same for few and small requests: thousands of such sockets are opened in a row. */
  static openForReading(): RouteSocket {
    const descriptor = openRouteSocket();
    const timeout = Buffer.alloc(16);
    timeout.writeBigInt64LE(BigInt(RECEIVE_TIMEOUT_SECONDS), 0);
    if (!setSocketOption(descriptor, SOL_SOCKET, SO_RCVTIMEO, timeout)) {
      closeDescriptor(descriptor);
      throw refusal('unsupported', 'open a netlink socket', 'the kernel does not support a receive timeout');
    }
    return new RouteSocket(descriptor);
  }

  [Symbol.dispose](): void {
    closeDescriptor(this.#descriptor);
  }

  /** Sends one request and waits for its acknowledgement. @throws NetnsError as the kernel refuses */
  request(request: Request, action: string): void {
    for (const acknowledgement of this.batch([request], action)) throwUnlessAccepted(acknowledgement, action);
  }

  /**
   * Sends all requests in one system call. The kernel executes them in order before the call returns, whatever happens
   * to this process meanwhile, and continues after one that it refuses.
   *
   * @returns an acknowledgement for each request
   */
  batch(requests: readonly Request[], action: string): Acknowledgement[] {
    const acknowledgements: Acknowledgement[] = requests.map(() => ({ errno: 0, text: null }));
    if (requests.length === 0) return acknowledgements;
    requireTime(action);
    const first = this.#reserve(requests.length);
    const last = requests.length - 1;
    // A refusal is always answered, and answers come in order: an acknowledgement of the last request is enough.
    const messages = requests.map((request, position) =>
      encodeMessage(request, first + position, NLM_F_REQUEST | (position === last ? NLM_F_ACK : 0)),
    );
    send(this.#descriptor, Buffer.concat(messages), action);
    for (;;) {
      for (const message of this.#receive(action)) {
        const position = message.sequence - first;
        if (message.type !== NLMSG_ERROR || position < 0 || position > last) continue;
        acknowledgements[position] = decodeAcknowledgement(message);
        if (position === last) return acknowledgements;
      }
    }
  }

  /** Requests objects, in few system calls, and maps each that exists: for the others the kernel answers ENODEV. */
  get<T>(requests: readonly Request[], read: (message: Message) => T | null, action: string): T[] {
    const found: T[] = [];
    for (let first = 0; first < requests.length; first += ASKED_AT_ONCE) {
      found.push(...this.#getSome(requests.slice(first, first + ASKED_AT_ONCE), read, action));
    }
    return found;
  }

  #getSome<T>(requests: readonly Request[], read: (message: Message) => T | null, action: string): T[] {
    const first = this.#reserve(requests.length);
    const last = first + requests.length - 1;
    const messages = requests.map((request, position) => encodeMessage(request, first + position, NLM_F_REQUEST));
    send(this.#descriptor, Buffer.concat(messages), action);
    const found: T[] = [];
    let refused: NetnsError | null = null;
    for (;;) {
      for (const message of this.#receive(action)) {
        if (message.sequence < first || message.sequence > last) continue;
        if (message.type === NLMSG_ERROR) refused ??= refusalOf(decodeAcknowledgement(message), action);
        else push(found, read(message));
        // Answers come in the order of the requests.
        if (message.sequence !== last) continue;
        if (refused !== null) throw refused;
        return found;
      }
    }
  }

  /** Reads a table and maps each of its messages. A table that changed while it was read is read again. */
  dump<T>(request: Request, read: (message: Message) => T | null, action: string, attempts = DUMP_ATTEMPTS): T[] {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const entries = this.#dumpOnce(request, read, action);
      if (entries !== null) return entries;
    }
    throw systemError(EINTR, action, 'the table changed each time while it was read');
  }

  #dumpOnce<T>(request: Request, read: (message: Message) => T | null, action: string): T[] | null {
    const sequence = this.#reserve(1);
    send(this.#descriptor, encodeMessage(request, sequence, NLM_F_REQUEST | NLM_F_DUMP), action);
    const entries: T[] = [];
    let interrupted = false;
    for (;;) {
      for (const message of this.#receive(action)) {
        if (message.sequence !== sequence) continue;
        if ((message.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
        if (message.type === NLMSG_DONE || message.type === NLMSG_ERROR) {
          throwUnlessAccepted(decodeAcknowledgement(message), action);
          return interrupted ? null : entries;
        }
        push(entries, read(message));
      }
    }
  }

  /** Sequence numbers are never reused, so that late answers to a request that timed out can be distinguished. */
  #reserve(count: number): number {
    if (this.#sequence + count > 0xffff_ffff) this.#sequence = 0;
    const first = this.#sequence + 1;
    this.#sequence += count;
    return first;
  }

  #receive(action: string): Message[] {
    const length = receive(this.#descriptor, datagram, action);
    if (length === null) {
      throw systemError(EAGAIN, action, `the kernel did not answer within ${RECEIVE_TIMEOUT_SECONDS} s`);
    }
    return decodeMessages(datagram.subarray(0, length));
  }
}

/** @throws NetnsError for an acknowledgement that is not success */
export function throwUnlessAccepted(acknowledgement: Acknowledgement, action: string): void {
  if (acknowledgement.errno !== 0) throw systemError(acknowledgement.errno, action, undefined, acknowledgement.text);
}

/** Null if the only reason is that the link does not exist. */
function refusalOf(acknowledgement: Acknowledgement, action: string): NetnsError | null {
  const error = systemError(acknowledgement.errno, action, undefined, acknowledgement.text);
  return error.errno === 'ENODEV' ? null : error;
}

function push<T>(entries: T[], entry: T | null): void {
  if (entry !== null) entries.push(entry);
}
