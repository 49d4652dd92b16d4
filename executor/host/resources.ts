import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import type { Resources } from '../../schema/store/machine.ts';
import type { CgroupLimits } from './cgroup.ts';

const MB = 2 ** 20;
const KB_PER_MB = 2 ** 10;

/** Measures the host; its disk is the file system of the state directory, which may not exist yet. */
export async function readResources(stateDirectory: string, cgroupLimits: () => CgroupLimits): Promise<Resources> {
  const memory = parseMemory(readText('/proc/meminfo'));
  return {
    ...limited({ ...memory, cpu: onlineCores() }, cgroupLimits()),
    disk: await diskOf(stateDirectory),
    load: parseLoad(readText('/proc/loadavg')),
  };
}

type Limited = Pick<Resources, 'memory' | 'freeMemory' | 'cpu'>;

/** In a container, what its limits permit of the machine. */
export function limited(host: Limited, limits: CgroupLimits): Limited {
  return {
    memory: Math.min(host.memory, Math.floor(limits.memory / MB)),
    freeMemory: Math.min(host.freeMemory, Math.floor(limits.freeMemory / MB)),
    cpu: Math.min(host.cpu, Math.max(1, Math.floor(limits.cpu))),
  };
}

/** proc_meminfo(5); its kB are 1024 bytes. */
export function parseMemory(meminfo: string): Pick<Resources, 'memory' | 'freeMemory'> {
  const field = (name: string) => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(meminfo);
    return Math.floor(Number(found?.[1] ?? 0) / KB_PER_MB);
  };
  return { memory: field('MemTotal'), freeMemory: field('MemAvailable') };
}

/** proc_loadavg(5) */
export function parseLoad(loadavg: string): number {
  const load = Number.parseFloat(loadavg);
  return Number.isFinite(load) ? load : 0;
}

/** The number of elements in a list such as `0-3,8`: `online` of /sys/devices/system/cpu. */
export function countCores(list: string): number {
  return list
    .trim()
    .split(',')
    .map((range) => /^(\d+)(?:-(\d+))?$/.exec(range))
    .reduce((sum, range) => (range ? sum + Number(range[2] ?? range[1]) - Number(range[1]) + 1 : sum), 0);
}

/** The cores that the kernel has online, whatever the affinity of this process. */
function onlineCores(): number {
  return countCores(readText('/sys/devices/system/cpu/online')) || cpus().length;
}

async function diskOf(directory: string): Promise<number> {
  try {
    const { blocks, bsize } = await statfs(directory);
    return Math.floor((blocks * bsize) / MB);
  } catch (error) {
    const parent = dirname(directory);
    if (Reflect.get(Object(error), 'code') !== 'ENOENT' || parent === directory) throw error;
    return diskOf(parent);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
