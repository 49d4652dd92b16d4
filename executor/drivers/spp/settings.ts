/** All in milliseconds. */
export interface Timings {
  /** From the start of a connection, or from its being asked, until it has said who it is. */
  handshake: number;
  /** From the sending of a command until its whole answer; an old vf takes up to a second for each. */
  command: number;
  /** Between two `status` that find out whether a process still answers. */
  status: number;
  /** How long a process has for a sign of life when another connection claims its id. */
  probe: number;
  /** Without a byte for so long, a padded frame of unknown size is taken to be whole. */
  quiet: number;
  /** A refused connection is held open for so long before it is closed, twice as long each time, … */
  refusalFirst: number;
  /** … and never longer than this. The process at its other end would be back at once. */
  refusalLongest: number;
  /** Idle time after which the kernel asks the other end for a sign of life. */
  keepAlive: number;
  /** Until the second attempt to listen on a port that another process has, twice as long each time, … */
  listenFirst: number;
  /** … and never longer than this. */
  listenLongest: number;
  /** Lines of the log that are alike are counted for so long. */
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
  /** Connections that are not a process of ours: in their handshake, or refused and held. */
  unidentified: number;
  /** Processes at a time. */
  processes: number;
  /** Bytes of one answer, padding included. */
  replyBytes: number;
  /** Bytes of an answer before it is known who gives it; a frame of 32768 must fit. */
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
