import { numberOf, objectsOf, textOf } from './fields.ts';
import { isObject, parseObject } from './reply.ts';

export interface PcapCore {
  core: number;
  /** `receive` or `write`. */
  role: string;
  /** The captured ports; empty for a core that writes. */
  ports: string[];
  /** For a core that writes, while it does. */
  file: string | null;
}

export interface PcapStatus {
  type: 'pcap';
  clientId: number | null;
  /** Whether it is capturing. */
  running: boolean;
  masterCore: number | null;
  cores: PcapCore[];
}

/** The status of a pcap; null for any other text. */
export function parsePcapStatus(text: string): PcapStatus | null {
  const info = parseObject(text)?.info;
  if (!isObject(info) || !Array.isArray(info.core) || typeof info.status !== 'string') return null;
  const cores: PcapCore[] = [];
  for (const entry of objectsOf(info.core)) {
    const core = numberOf(entry.core);
    if (core === null) continue;
    const ports = objectsOf(entry.rx_port).map((port) => textOf(port.port));
    cores.push({
      core,
      role: textOf(entry.role) ?? '',
      ports: ports.filter((port) => port !== null),
      file: textOf(entry.filename) || null,
    });
  }
  return {
    type: 'pcap',
    clientId: numberOf(info['client-id']),
    running: info.status === 'running',
    masterCore: numberOf(info['master-lcore']),
    cores,
  };
}
