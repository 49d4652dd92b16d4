import { type ProcessOptions, workerWords } from './era.ts';
import { Forwarding } from './forwarding.ts';
import type { Machine } from './reply.ts';
import { Worker } from './worker.ts';
import { workerStatus } from './worker-status.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is spp_vf.
 */

export function createVf(options: ProcessOptions): Machine {
  const classifier = workerWords(options.era).classifier;
  const forwarding = new Forwarding(options, { forward: 'forward', merge: 'merge', [classifier]: 'classifier' });
  return new Worker(options, 'vf', {
    component: forwarding.component,
    port: forwarding.port,
    classifier_table: forwarding.classifierTable,
    status: {
      words: [1, 1],
      run: () => {
        const info = workerStatus(options, forwarding, true);
        return info === undefined ? { kind: 'silence' } : { kind: 'done', more: [info] };
      },
    },
  });
}
