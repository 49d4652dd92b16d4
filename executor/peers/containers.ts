import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canUseNetns } from '../drivers/netns/driver.ts';
import { chooseCgroups } from '../drivers/oci/bundle/cgroups.ts';
import { type ImageStore, openImageStore } from '../drivers/oci/images/store.ts';
import type { ContainerRuntime } from '../drivers/oci/runtime/driver.ts';
import { openRuntime } from '../drivers/oci/runtime/runtime.ts';
import { usedRoots } from '../drivers/oci/runtime/view.ts';
import { Installation } from '../host/installation.ts';
import type { Peer, PeerDefinition } from './peer.ts';

/** Images, and the processes of containers. */
export interface ContainersPeer extends Peer {
  readonly images: ImageStore;
  readonly runtime: ContainerRuntime;
  readonly paths: ContainerPaths;
  /** Whether the host has all programs now: not if it is installable, or if somebody has removed one. */
  isInstalled(): boolean;
  /**
   * Installs what is missing, which takes apt-get some seconds; one installation however many wait for it.
   *
   * @throws InstallationError
   */
  ensureInstalled(): Promise<void>;
  /** When the lease on the host expires; null: never. */
  readonly expires: BigInt64Array | null;
}

/** Directories; those of two databases on one host have nothing in common. */
export interface ContainerPaths {
  readonly images: string;
  /** Writable layers and logs, by container. */
  readonly layers: string;
  /** What describes running processes; gone at a reboot. */
  readonly run: string;
  /** The control group that has those of all containers, as in config.json. */
  readonly group: string;
}

export function containerPaths(stateDirectory: string, databaseId: string): ContainerPaths {
  const persistent = join(stateDirectory, 'containers', databaseId);
  return {
    images: join(persistent, 'images'),
    layers: join(persistent, 'layers'),
    run: join('/run/weft', databaseId, 'containers'),
    group: `/weft-${databaseId}`,
  };
}

/** Of cgroups: limits of containers need them. */
const CONTROLLERS = ['memory', 'cpu', 'pids'];
/** Of version 2, at its usual place; cgroups(7). */
const UNIFIED_CONTROLLERS = '/sys/fs/cgroup/cgroup.controllers';

/** Why this host cannot limit containers; null: it can. */
async function lackOfControllers(): Promise<string | null> {
  try {
    const layout = chooseCgroups(await readFile('/proc/self/mountinfo', 'utf8'), CONTROLLERS);
    if (layout !== 'v2') return null;
    const enabled = (await readFile(UNIFIED_CONTROLLERS, 'utf8')).trim().split(' ');
    const missing = CONTROLLERS.filter((name) => !enabled.includes(name));
    return missing.length === 0 ? null : `the kernel has no cgroup controllers ${missing.join(', ')}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export const containers: PeerDefinition<ContainersPeer> = {
  technology: 'containers',

  async find({ setup }) {
    // Their processes run in namespaces of the same driver, and an overlay is mounted for each.
    const allowed = await canUseNetns();
    if (!allowed.available) return allowed;
    const reason = await lackOfControllers();
    if (reason !== null) return { available: false, reason };
    const installation = new Installation({ technology: 'containers', setup });
    await installation.refresh();
    return installation.capability();
  },

  async open({ configuration: { stateDirectory, setup }, databaseId, log, expires }) {
    const installation = new Installation({ technology: 'containers', setup, log: (level, text) => log[level](text) });
    await installation.refresh();
    const paths = containerPaths(stateDirectory, databaseId);
    const runtime = await openRuntime({
      directory: paths.layers,
      runDirectory: paths.run,
      parentGroup: paths.group,
      expires,
      log: (message) => log.warn(message),
    });
    try {
      const images = await openImageStore({
        directory: paths.images,
        isUsed: (root) => usedRoots({ directory: paths.layers, runDirectory: paths.run }).has(root),
        log: (level, text, data) => log[level](data, text),
      });
      return {
        ...{ images, runtime, paths, expires },
        health: () => ({ available: true }),
        capability: () => installation.capability(),
        refresh: () => installation.refresh(),
        isInstalled: () => installation.isInstalled(),
        ensureInstalled: () => installation.ensureInstalled(),
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
