/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine has
 * not. This file is what differs between the three eras that were recorded.
 */

/** `seed-18.05`: v18.05, August 2018. `2018-10`: the day spp-ctl was merged. `2020`: 19.11, the last form. */
export type Era = 'seed-18.05' | '2018-10' | '2020';

export const ERAS: readonly Era[] = ['seed-18.05', '2018-10', '2020'];

/** The size of every reply of a primary or an nfv: text, then NULs. */
export const FRAME_BYTES: Readonly<Record<Era, number>> = { 'seed-18.05': 1_000, '2018-10': 2_048, '2020': 32_768 };

/** Names of what a worker refuses, where the eras have different ones. */
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

/** What a process is started with, as far as its replies show it. */
export interface ProcessOptions {
  readonly era: Era;
  readonly clientId: number;
  /** The cores that it works on, besides its main core, which is 0. */
  readonly cores?: readonly number[];
  /** How many physical ports the host has; 2 unless told. */
  readonly phyPorts?: number;
  /** How many rings the primary made; 8 unless told. */
  readonly rings?: number;
  /** vhosts that cannot be made, as when the socket of an earlier process is in the way. */
  readonly staleVhosts?: readonly number[];
}

export const PHY_PORTS = 2;
export const RINGS = 8;
/** Cores are numbered below this. */
export const CORE_LIMIT = 128;
/** Ports of one type are numbered below this, and a process has no more ports than this. */
export const PORT_LIMIT = 32;
