import type { Socket } from 'node:net';
import { BackOff } from './back-off.ts';
import { STATUS } from './commands.ts';
import { Connection } from './connection.ts';
import { reasonOf, SppError } from './errors.ts';
import { HANDSHAKE, identify } from './handshake.ts';
import type { SppProcess } from './process.ts';
import {
  type HandshakeKind,
  type ProcessKey,
  type ProcessType,
  type ProtocolVersion,
  protocolVersionOf,
} from './protocol-version.ts';
import { RepeatedLog } from './repeated-log.ts';
import type { Limits, Log, Timings } from './settings.ts';
import { type ProcessStatus, parseStatus } from './status.ts';

/** A connection that has identified itself, with an id that no other process has. */
export interface Arrival {
  key: ProcessKey;
  type: ProcessType;
  protocolVersion: ProtocolVersion;
  connection: Connection;
  statusText: string;
  status: ProcessStatus;
}

export interface AdmissionOptions {
  timings: Timings;
  limits: Limits;
  log: Log;
  present: (key: ProcessKey) => SppProcess | undefined;
  /** Registers it; null, or why it cannot be registered. */
  enter: (arrival: Arrival) => string | null;
}

interface ClaimedIdentity {
  key: ProcessKey;
  type: ProcessType;
  handshake: HandshakeKind;
}

/**
 * Identifies every connection, concurrently with all others. A connection that claims the id of a process which still
 * answers waits; it gets the id if that process goes away, and is closed after a while if it stays.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #unidentified = new Set<Connection>();
  readonly #backOff: BackOff;
  readonly #repeated: RepeatedLog;
  #crowded = false;
  #closed = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    const { refusalFirst, refusalLongest } = options.timings;
    this.#backOff = new BackOff({ first: refusalFirst, longest: refusalLongest });
    this.#repeated = new RepeatedLog(options.log, options.timings.logRepeated);
  }

  receive(socket: Socket, role: 'primary' | 'secondary'): void {
    const { limits, timings } = this.#options;
    const full = this.#unidentified.size >= limits.unidentified;
    if (full && !this.#crowded) {
      const { unidentified } = limits;
      this.#repeated.say('crowded', 'warn', 'new SPP connections are refused: too many have not said who they are', {
        unidentified,
      });
    }
    // Logged once, and not at each change around the limit.
    this.#crowded = full || (this.#crowded && this.#unidentified.size > limits.unidentified / 2);
    if (full || this.#closed) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const connection = new Connection(socket, { quiet: timings.quiet, replyBytes: limits.handshakeBytes });
    this.#unidentified.add(connection);
    connection.onEnd(() => this.#unidentified.delete(connection));
    this.#admit(connection, role).catch((error: unknown) => {
      this.#repeated.say('unidentified', 'debug', 'an SPP connection did not become a process', {
        address: connection.address,
        reason: reasonOf(error),
      });
      connection.close(new SppError('lost', `admit ${connection.address}`, reasonOf(error)));
    });
  }

  close(): void {
    this.#closed = true;
    this.#repeated.close();
    const reason = new SppError('lost', 'admit a process', 'the driver is closed');
    for (const connection of this.#unidentified) connection.close(reason);
  }

  async #admit(connection: Connection, role: 'primary' | 'secondary'): Promise<void> {
    const { timings, limits } = this.#options;
    const claim = role === 'primary' ? await this.#askPrimary(connection) : await this.#askSecondary(connection);
    if (typeof claim === 'string') {
      await this.#refuse(connection, `strange ${connection.host}`, claim);
      return;
    }
    connection.replyBytes = limits.replyBytes;
    connection.subject = claim.key === 'primary' ? 'primary' : `${claim.type} ${claim.key}`;
    while (await this.#placeIsFree(connection, claim)) {
      const statusText = await connection.ask(STATUS, timings.command);
      const status = parseStatus(claim.type, statusText);
      if (status === null) {
        await this.#refuse(connection, `unreadable ${connection.host}`, 'its status cannot be read');
        return;
      }
      if (this.#options.present(claim.key) !== undefined) continue;
      this.#enter({
        ...claim,
        protocolVersion: protocolVersionOf(claim.handshake, statusText),
        connection,
        statusText,
        status,
      });
      return;
    }
  }

  #enter(arrival: Arrival): void {
    const obstacle = this.#options.enter(arrival);
    if (obstacle !== null) {
      void this.#refuse(arrival.connection, `full ${arrival.connection.host}`, obstacle);
      return;
    }
    this.#backOff.forget(placeOf(arrival.key));
    this.#unidentified.delete(arrival.connection);
  }

  async #askSecondary(connection: Connection): Promise<ClaimedIdentity | string> {
    const identity = identify(await connection.ask(HANDSHAKE, this.#options.timings.handshake));
    if (typeof identity === 'string') return identity;
    return { key: identity.id, type: identity.type, handshake: identity.handshake };
  }

  /** A primary has no id to ask for, but it must answer as a primary does. */
  async #askPrimary(connection: Connection): Promise<ClaimedIdentity | string> {
    const text = await connection.ask(STATUS, this.#options.timings.handshake);
    if (parseStatus('primary', text) === null) return 'it does not answer as a primary does';
    return { key: 'primary', type: 'primary', handshake: 'none' };
  }

  /** Waits until the id is free, replacing a process that does not answer; false if the connection has ended before. */
  async #placeIsFree(connection: Connection, { key }: ClaimedIdentity): Promise<boolean> {
    const { timings, present, log } = this.#options;
    for (;;) {
      const holder = present(key);
      if (connection.end !== null) return false;
      if (holder === undefined) return true;
      if (await holder.answers(timings.probe)) {
        await this.#refuse(connection, placeOf(key), 'a process with this id is connected and answers', holder);
        continue;
      }
      // The connection may have ended meanwhile.
      if (holder.connection.end !== null) continue;
      log('info', 'an SPP process that does not answer is replaced', { process: key, by: connection.address });
      holder.connection.close(new SppError('lost', `keep ${key}`, 'it no longer answered, and another has its id'));
    }
  }

  /**
   * Closes the connection after a delay: otherwise the process would reconnect within milliseconds, for ever. Returns
   * earlier if the holder of the id has gone.
   */
  async #refuse(connection: Connection, cause: string, reason: string, holder?: SppProcess): Promise<void> {
    const delay = this.#backOff.next(cause);
    const data = { address: connection.address, reason, heldMs: delay };
    this.#repeated.say(alike(cause, reason), 'warn', 'an SPP connection is refused', data);
    const { promise: over, resolve } = Promise.withResolvers<'elapsed' | 'ended'>();
    const timer = setTimeout(() => resolve('elapsed'), delay);
    const stopWaiting = [connection, holder?.connection].map((one) => one?.onEnd(() => resolve('ended')));
    const outcome = await over;
    clearTimeout(timer);
    for (const stop of stopWaiting) stop?.();
    if (outcome === 'elapsed') connection.close(new SppError('refused', `admit ${connection.address}`, reason));
  }
}

/** Refusals for one reason are equal, wherever they come from. What an unknown peer sent is not part of the reason. */
function alike(cause: string, reason: string): string {
  return cause.startsWith('strange ') ? 'strange' : `${cause.startsWith('place ') ? cause : ''} ${reason}`;
}

function placeOf(key: ProcessKey): string {
  return `place ${key}`;
}
