import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RuntimeOptions, StartRequest } from './driver.ts';
import { readOrNull } from './processes.ts';

/* Writable layers: a directory for each container, in `directory` of the runtime's options. */

type Place = Pick<RuntimeOptions, 'directory'>;
type Layer = Pick<StartRequest, 'owner' | 'layer' | 'lower'>;

const PREFIX = 'layer-';
/** The file that says what the layer lies on. */
const LOWER = 'lower';

/** The two directories of an overlay. */
export function layerOf({ directory }: Place, { owner, layer }: Pick<Layer, 'owner' | 'layer'>) {
  const path = join(directory, owner, `${PREFIX}${layer}`);
  return { upper: join(path, 'upper'), work: join(path, 'work') };
}

/** Makes the layer if it is not there, and removes all others: no process of the container is left that uses them. */
export function makeLayer(place: Place, wanted: Layer): void {
  const { upper, work } = layerOf(place, wanted);
  for (const path of [upper, work]) mkdirSync(path, { recursive: true });
  const own = join(place.directory, wanted.owner);
  writeFileSync(join(own, `${PREFIX}${wanted.layer}`, LOWER), wanted.lower);
  for (const name of layersOf(own)) {
    if (name !== `${PREFIX}${wanted.layer}`) rmSync(join(own, name), { recursive: true, force: true });
  }
}

/** What the layers of all containers lie on. */
export function layerRoots(directory: string): string[] {
  return list(directory).flatMap((owner) => {
    const own = join(directory, owner);
    return layersOf(own).flatMap((name) => readOrNull(join(own, name, LOWER)) ?? []);
  });
}

function layersOf(own: string): string[] {
  return list(own).filter((name) => name.startsWith(PREFIX));
}

/** A container may be removed at any time, and there are none before the first start. */
function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
