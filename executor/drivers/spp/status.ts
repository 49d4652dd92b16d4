import type { ProcessType } from './protocol-version.ts';
import { type NfvStatus, parseNfvStatus } from './status-nfv.ts';
import { type PcapStatus, parsePcapStatus } from './status-pcap.ts';
import { type PrimaryStatus, parsePrimaryStatus } from './status-primary.ts';
import { parseVfStatus, type VfStatus } from './status-vf.ts';

export type ProcessStatus = VfStatus | NfvStatus | PrimaryStatus | PcapStatus;

/** Null if `text` is not a status of a process of that type. */
export function parseStatus(type: ProcessType, text: string): ProcessStatus | null {
  switch (type) {
    case 'vf':
    case 'mirror':
      return parseVfStatus(type, text);
    case 'nfv':
      return parseNfvStatus(text);
    case 'primary':
      return parsePrimaryStatus(text);
    case 'pcap':
      return parsePcapStatus(text);
  }
}
