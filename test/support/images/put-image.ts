import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { openImageStore } from '../../../executor/drivers/oci/images/store.ts';
import { containerPaths } from '../../../executor/peers/containers.ts';
import type { Instance } from '../instance.ts';
import { removeDirectory } from '../remove-directory.ts';
import { makeShellLayout } from './shell-image.ts';

/** A store with one image, of which each weft of a file gets a copy: to import one takes ten times as long. */
export class StoreTemplate {
  readonly #name: string;
  #directory: Promise<string> | undefined;

  /** `name`: of the image, a shell that sleeps and ends at once when it is stopped. In the body of a test file only. */
  constructor(name: string) {
    this.#name = name;
    afterAll(async () => {
      if (this.#directory) await removeDirectory(await this.#directory);
    });
  }

  /** Puts the image into the store of a weft, which may be running. */
  async putInto(weft: Instance): Promise<void> {
    this.#directory ??= this.#make();
    const from = join(await this.#directory, 'images');
    const [row] = await weft.sql<{ id: string }>('SELECT id FROM database');
    const { images } = containerPaths(weft.stateDirectory, row?.id ?? '');
    mkdirSync(images, { recursive: true });
    // With owners and links.
    execFileSync('cp', ['-a', `${from}/.`, images]);
  }

  async #make(): Promise<string> {
    const layout = makeShellLayout({ config: ['--config.stopsignal', 'SIGKILL'] });
    const directory = mkdtempSync(join(tmpdir(), 'weft-images-'));
    const store = await openImageStore({ directory: join(directory, 'images') });
    await store.pull({
      ...{ name: this.#name, source: `oci:${basename(layout)}:latest` },
      ...{ credentialsFile: null, importDirectory: dirname(layout), mayBeLocal: true },
    });
    await store.close();
    return directory;
  }
}
