import { createMirror } from './mirror.ts';
import { createNfv } from './nfv.ts';
import { createPcap, type PcapOptions } from './pcap.ts';
import { createPrimary, type PrimaryOptions } from './primary.ts';
import type { Machine } from './reply.ts';
import { createVf } from './vf.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file lists the processes that there are.
 */

export type ProcessType = 'primary' | 'nfv' | 'vf' | 'mirror' | 'pcap';

/** The options of any process; each uses those that apply to it. */
export interface MachineOptions extends PrimaryOptions, PcapOptions {}

const CREATE: Readonly<Record<ProcessType, (options: MachineOptions) => Machine>> = {
  primary: createPrimary,
  nfv: createNfv,
  vf: createVf,
  mirror: createMirror,
  pcap: createPcap,
};

export function createMachine(type: ProcessType, options: MachineOptions): Machine {
  if ((type === 'mirror' || type === 'pcap') && options.era !== '2020') {
    throw new RangeError(`there was no ${type} in ${options.era}`);
  }
  return CREATE[type](options);
}
