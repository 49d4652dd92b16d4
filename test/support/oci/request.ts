import { randomBytes } from 'node:crypto';
import type { StartRequest } from '../../../executor/drivers/oci/runtime/driver.ts';

/** Files of tests run at the same time, and a control group of one name would be shared. */
export const OWNER = `wefttest${randomBytes(4).toString('hex')}`;

/** Runs a program of the image in the network namespace named as its owner. */
export function startRequest(lower: string, args: readonly string[], owner = OWNER): StartRequest {
  return {
    owner,
    number: 1,
    digest: 'd',
    layer: '1',
    stopSignal: 'SIGTERM',
    lower,
    networkNamespace: `/run/netns/${owner}`,
    limits: { memory: null, cpus: null },
    binds: [],
    configuration: ({ root, networkNamespace }) => ({
      ociVersion: '1.0.2',
      process: { user: { uid: 0, gid: 0 }, args, cwd: '/', env: [] },
      root: { path: root },
      mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }],
      linux: {
        cgroupsPath: `/${owner}`,
        namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'network', path: networkNamespace }],
      },
    }),
  };
}
