export type LogLevel = 'debug' | 'info' | 'warn';
export type Log = (level: LogLevel, text: string, data: Readonly<Record<string, unknown>>) => void;

export interface Limits {
  /** Bytes of one image as it is downloaded or imported, compressed. */
  readonly compressedBytes: number;
  /** Bytes of the layers of one image, unpacked. */
  readonly unpackedBytes: number;
  /** Entries of the layers of one image: each costs an inode. */
  readonly entries: number;
  readonly layers: number;
}

export const DEFAULT_LIMITS: Limits = {
  compressedBytes: 16 * 2 ** 30,
  unpackedBytes: 32 * 2 ** 30,
  entries: 1_000_000,
  layers: 256,
};

/** All in milliseconds. */
export interface Timings {
  /** For the answer of a registry to a request for a manifest. */
  readonly manifest: number;
  /** For a download or an import. */
  readonly copy: number;
  /** Without a byte of a download, it counts as cut. */
  readonly silence: number;
  readonly unpack: number;
  /** Between two looks at the size of a download. */
  readonly watch: number;
}

export const DEFAULT_TIMINGS: Timings = {
  manifest: 60_000,
  copy: 3_600_000,
  silence: 60_000,
  unpack: 1_800_000,
  watch: 500,
};
