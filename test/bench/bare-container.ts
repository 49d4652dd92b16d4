/* What the thread in bare-processes.ts is given. */

/** In a configuration: the path of the root, and that of the network namespace. */
export const ROOT = 'ROOT';
export const NETWORK = 'NETWORK';

export interface BareContainer {
  /** Its id at runc. */
  readonly owner: string;
  /** Path of its network namespace. */
  readonly namespace: string;
  /** config.json, with {@link ROOT} and {@link NETWORK}. */
  readonly configuration: object;
}

export interface BareProcesses {
  /** For bundles and writable layers. */
  readonly directory: string;
  /** State of runc, sockets and exit codes. */
  readonly runDirectory: string;
  /** Root of the image. */
  readonly lower: string;
  readonly containers: readonly BareContainer[];
  /** How many are started, or removed, at a time. */
  readonly together: number;
}

/** What the thread is told; it answers with the time in milliseconds, or with what went wrong. */
export type BareWork = 'start' | 'remove';
