import type { ProcessOptions } from './era.ts';
import type { Machine } from './reply.ts';
import { Worker } from './worker.ts';
import { block, list, member } from './worker-text.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is spp_pcap, which came after the older two eras.
 */

export interface PcapOptions extends ProcessOptions {
  /** The captured port, `phy:0` by default. */
  readonly capturedPort?: string;
  /** The time in the names of the files, `YYYYMMDDhhmmss`. */
  readonly captureTime?: string;
}

/** The first core receives; each of the others writes a file. */
export function createPcap(options: PcapOptions): Machine {
  const { clientId, cores: [receiver = 1, ...writers] = [], capturedPort = 'phy:0' } = options;
  const { captureTime = '20200101000000' } = options;
  let running = false;

  function file(writer: number): string {
    if (!running) return '';
    return `/var/var/tmp/spp_pcap.${captureTime}.${capturedPort.replace(':', '')}.${writer}.1.pcap.lz4`;
  }

  function info(): string {
    const receiving = [
      member('core', receiver),
      member('role', 'receive'),
      member('rx_port', list([block([member('port', capturedPort)]).text])),
    ];
    const writing = writers.map((core, index) =>
      block([member('core', core), member('role', 'write'), member('filename', file(index + 1))]),
    );
    const members = [
      member('client-id', clientId),
      member('status', running ? 'running' : 'idle'),
      member('master-lcore', 0),
      member('core', list([block(receiving), ...writing].map(({ text }) => text))),
    ];
    return member('info', block(members));
  }

  function capture(on: boolean): { kind: 'done' } {
    running = on;
    return { kind: 'done' };
  }

  return new Worker(options, 'pcap', {
    status: { words: [1, 1], run: () => ({ kind: 'done', more: [info()] }) },
    start: { words: [1, 1], run: () => capture(true) },
    stop: { words: [1, 1], run: () => capture(false) },
  });
}
