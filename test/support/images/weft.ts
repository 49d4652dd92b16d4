import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { containerPaths } from '../../../executor/peers/containers.ts';
import { temporaryDirectory } from '../database.ts';
import { LocalWeft } from '../local-weft.ts';

export interface ImageHost {
  readonly weft: LocalWeft;
  /** The hypervisor's `image_import_dir`. */
  readonly imports: string;
}

/** weft on a host that may pull from registries on loopback, where those of tests are. */
export async function startImageHost(config: Readonly<Record<string, string>> = {}): Promise<ImageHost> {
  const imports = join(temporaryDirectory(), 'imports');
  mkdirSync(imports);
  const weft = await LocalWeft.start();
  await configure(weft, { image_allow_local: 'true', image_import_dir: imports, ...config });
  return { weft, imports };
}

export async function configure(weft: LocalWeft, config: Readonly<Record<string, string>>): Promise<void> {
  const { status, body } = await weft.request('PATCH', '/hypervisors/host1/config', config);
  if (status !== 200) throw new Error(`config: ${status} ${JSON.stringify(body)}`);
}

/** The directory of a weft's store of images. */
export async function storeDirectory(weft: LocalWeft): Promise<string> {
  const [row] = await weft.sql<{ id: string }>('SELECT id FROM database');
  return containerPaths(weft.stateDirectory, row?.id ?? '').images;
}
