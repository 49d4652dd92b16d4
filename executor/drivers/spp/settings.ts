/** All in milliseconds. */
export interface Timings {
  /** From the start of a connection, or from the request, until it has identified itself. */
  handshake: number;
  /** From the sending of a command until the end of its answer; an old vf takes up to a second for each. */
  command: number;
  /** Between two `status` requests that check whether a process still answers. */
  status: number;
  /** How long a process may take to answer when another connection claims its id. */
  probe: number;
  /** After this time without a byte a padded frame of unknown size is considered complete. */
  quiet: number;
  /** How long a refused connection is held open before it is closed, twice as long each time, … */
  refusalFirst: number;
  /** … up to this. The process at its other end would reconnect at once. */
  refusalLongest: number;
  /** Idle time after which the kernel sends keep-alive probes. */
  keepAlive: number;
  /** Until the second attempt to listen on a port that another process has, twice as long each time, … */
  listenFirst: number;
  /** … up to this. */
  listenLongest: number;
  /** How long equal lines of the log are counted. */
  logRepeated: number;
}

export const DEFAULT_TIMINGS: Timings = {
  handshake: 5_000,
  command: 5_000,
  status: 5_000,
  probe: 2_500,
  quiet: 30,
  refusalFirst: 1_000,
  refusalLongest: 30_000,
  keepAlive: 10_000,
  listenFirst: 5_000,
  listenLongest: 60_000,
  logRepeated: 60_000,
};

export interface Limits {
  /** Connections that are not an identified process: in their handshake, or refused and held. */
  unidentified: number;
  /** Connected processes. */
  processes: number;
  /** Maximum size of one answer in bytes, padding included. */
  replyBytes: number;
  /** Maximum size of an answer during the handshake; a frame of 32768 bytes must fit. */
  handshakeBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  unidentified: 1_024,
  processes: 1_024,
  replyBytes: 1_048_576,
  handshakeBytes: 65_536,
};

export type LogLevel = 'debug' | 'info' | 'warn';
export type Log = (level: LogLevel, text: string, data: Readonly<Record<string, unknown>>) => void;
