/** How long calls may take, in milliseconds. */
export interface Deadlines {
  /** Calls that only read. */
  readonly readMs: number;
  /** Calls that change something; QEMU is started by one. */
  readonly changeMs: number;
}

export const DEADLINES: Deadlines = { readMs: 15_000, changeMs: 120_000 };
