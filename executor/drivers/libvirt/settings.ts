import type { ConnectionOptions } from './connection.ts';
import { DEADLINES, type Deadlines } from './deadlines.ts';
import type { SessionOptions } from './session.ts';

/** What the connections have in common that lead to one libvirtd. */
export interface LibvirtSettings extends Pick<ConnectionOptions, 'concurrency' | 'keepaliveMs' | 'keepaliveCount'> {
  /** The UNIX socket of libvirtd. */
  readonly path?: string;
  /** What to open there. */
  readonly uri?: string;
  readonly deadlines?: Partial<Deadlines>;
  /** Called when the connection ends, and when there is one again. */
  readonly log?: (level: 'warn' | 'info', text: string) => void;
  /** Milliseconds before the connection is opened again; doubled by each failure, … */
  readonly pauseFirst?: number;
  /** … up to this. */
  readonly pauseLongest?: number;
}

const SOCKET = '/run/libvirt/libvirt-sock';
const URI = 'qemu:///system';
/** An attempt costs little: the socket is on this machine. */
const PAUSE_LONGEST_MS = 2_000;

export interface CompleteSettings {
  readonly session: SessionOptions;
  readonly deadlines: Deadlines;
}

/** The settings, and the defaults for what they leave out. */
export function completed(
  { deadlines, path = SOCKET, uri = URI, ...rest }: LibvirtSettings,
  defaults: Deadlines = DEADLINES,
): CompleteSettings {
  return {
    session: { pauseLongest: PAUSE_LONGEST_MS, ...rest, path, uri },
    deadlines: { ...defaults, ...deadlines },
  };
}
