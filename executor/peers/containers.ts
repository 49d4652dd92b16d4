import { join } from 'node:path';
import { canUseNetns } from '../drivers/netns/driver.ts';
import { type ImageStore, openImageStore } from '../drivers/oci/images/store.ts';
import type { ContainerRuntime } from '../drivers/oci/runtime/driver.ts';
import { openRuntime } from '../drivers/oci/runtime/runtime.ts';
import { findInstalled } from '../host/installed.ts';
import type { Peer, PeerDefinition } from './peer.ts';

/** What containers need on a host, by the Debian packages of the same names. */
const PROGRAMS = ['runc', 'conmon', 'skopeo', 'umoci'];

/** Images, and the processes of containers. */
export interface ContainersPeer extends Peer {
  readonly images: ImageStore;
  readonly runtime: ContainerRuntime;
  readonly paths: ContainerPaths;
}

/** Directories; those of two databases on one host have nothing in common. */
export interface ContainerPaths {
  readonly images: string;
  /** Writable layers and logs, by container. */
  readonly layers: string;
  /** What describes running processes; gone at a reboot. */
  readonly run: string;
}

export function containerPaths(stateDirectory: string, databaseId: string): ContainerPaths {
  const persistent = join(stateDirectory, 'containers', databaseId);
  return {
    images: join(persistent, 'images'),
    layers: join(persistent, 'layers'),
    run: join('/run/weft', databaseId, 'containers'),
  };
}

export const containers: PeerDefinition<ContainersPeer> = {
  technology: 'containers',

  async find() {
    // Their processes run in namespaces of the same driver, and an overlay is mounted for each.
    const allowed = await canUseNetns();
    if (!allowed.available) return allowed;
    const installed = await findInstalled(PROGRAMS);
    const missing = PROGRAMS.filter((name) => installed.every(({ program }) => program !== name));
    if (missing.length > 0) return { available: false, reason: `${missing.join(', ')} not found` };
    const versions = installed.map(({ program, version }) => (version === null ? program : `${program} ${version}`));
    return { available: true, version: versions.join(', ') };
  },

  async open({ configuration: { stateDirectory }, databaseId, log, expires }) {
    const paths = containerPaths(stateDirectory, databaseId);
    const runtime = await openRuntime({
      directory: paths.layers,
      runDirectory: paths.run,
      expires,
      log: (message) => log.warn(message),
    });
    try {
      const images = await openImageStore({
        directory: paths.images,
        log: (level, text, data) => log[level](data, text),
      });
      return {
        ...{ images, runtime, paths },
        health: () => ({ available: true }),
        async close() {
          await images.close();
          await runtime.close();
        },
      };
    } catch (error) {
      await runtime.close();
      throw error;
    }
  },
};
