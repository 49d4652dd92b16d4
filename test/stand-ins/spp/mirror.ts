import type { ProcessOptions } from './era.ts';
import { Forwarding } from './forwarding.ts';
import type { Machine } from './reply.ts';
import { Worker } from './worker.ts';
import { workerStatus } from './worker-status.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is spp_mirror, which came after the older two eras.
 */

export function createMirror(options: ProcessOptions): Machine {
  const forwarding = new Forwarding(options, { mirror: 'mirror' });
  return new Worker(options, 'mirror', {
    component: forwarding.component,
    port: forwarding.port,
    status: {
      words: [1, 1],
      run: () => {
        const info = workerStatus(options, forwarding, false);
        return info === undefined ? { kind: 'silence' } : { kind: 'done', more: [info] };
      },
    },
  });
}
