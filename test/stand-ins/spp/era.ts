/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is what differs between the three eras that were recorded.
 */

/** `seed-18.05`: v18.05, August 2018. `2018-10`: the day spp-ctl was merged. `2020`: 19.11, the last form. */
export type Era = 'seed-18.05' | '2018-10' | '2020';

export const ERAS: readonly Era[] = ['seed-18.05', '2018-10', '2020'];

/** The size of every reply of a primary or an nfv: text, padded with NULs. */
export const FRAME_BYTES: Readonly<Record<Era, number>> = { 'seed-18.05': 1_000, '2018-10': 2_048, '2020': 32_768 };

/** Names of arguments in a worker's errors, which differ between the eras. */
export interface WorkerWords {
  readonly wrongFormat: string;
  invalid(field: string): string;
  /** The fields after the component in `port add`. */
  readonly vlanFields: readonly [string, string, string];
  /** The types of component that a vf has, besides `forward` and `merge`. */
  readonly classifier: string;
}

const OLD_WORDS: WorkerWords = {
  wrongFormat: 'bad message format',
  invalid: (field) => `bad value(${field})`,
  vlanFields: ['port ability 1', 'port ability 2', 'port ability 3'],
  classifier: 'classifier_mac',
};

const NEW_WORDS: WorkerWords = {
  wrongFormat: 'Wrong message format',
  invalid: (field) => `Invalid value (${field})`,
  vlanFields: ['port vlan operation', 'port vid', 'port pcp'],
  classifier: 'classifier',
};

export function workerWords(era: Era): WorkerWords {
  return era === '2020' ? NEW_WORDS : OLD_WORDS;
}

/** Options of a process that its replies depend on. */
export interface ProcessOptions {
  readonly era: Era;
  readonly clientId: number;
  /** The cores that it works on, in addition to its main core, which is 0. */
  readonly cores?: readonly number[];
  /** The number of physical ports of the host; 2 by default. */
  readonly phyPorts?: number;
  /** The number of rings that the primary made; 8 by default. */
  readonly rings?: number;
  /** vhosts that cannot be created, for example because the socket of an earlier process exists. */
  readonly staleVhosts?: readonly number[];
}

export const PHY_PORTS = 2;
export const RINGS = 8;
/** Exclusive maximum of the numbers of cores. */
export const CORE_LIMIT = 128;
/** Exclusive maximum of the numbers of ports of one type, and maximum number of ports of a process. */
export const PORT_LIMIT = 32;
