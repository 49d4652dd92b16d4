/** How long calls may take, in milliseconds. */
export interface Deadlines {
  /** Calls that only read. */
  readonly readMs: number;
  /** Calls that change something, such as the start of QEMU, or for which libvirtd itself runs QEMU. */
  readonly changeMs: number;
}

export const DEADLINES: Deadlines = { readMs: 30_000, changeMs: 120_000 };
