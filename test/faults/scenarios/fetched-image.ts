import { expect } from 'vitest';
import { containerPaths } from '../../../executor/peers/containers.ts';
import { Registry } from '../../support/images/registry.ts';
import { makeShellLayout } from '../../support/images/shell-image.ts';
import { countsIn } from '../../support/images/store.ts';
import type { Instance } from '../../support/instance.ts';
import type { Act } from '../scenario.ts';

/** An image in a registry on loopback, which is the same one in all runs: its port is part of the image's name. */
class FetchedImage {
  #registry: Registry | undefined;
  #name = '';

  /** A host that may fetch it and has not yet. */
  readonly prepare: Act = async (weft) => {
    if (this.#registry === undefined) {
      this.#registry = await Registry.start();
      const layout = makeShellLayout({ config: ['--config.stopsignal', 'SIGKILL'] });
      this.#name = this.#registry.push(layout, 'lab/shell:1', { tag: 'latest' });
    }
    return weft.request('PATCH', '/hypervisors/host1/config', { image_allow_local: 'true', image_pull: 'missing' });
  };

  /** Its name, from the preparation on. */
  get name(): string {
    return this.#name;
  }

  readonly clear = async (): Promise<void> => {
    await this.#registry?.stop();
    this.#registry = undefined;
  };
}

export const fetchedImage = new FetchedImage();

/** How many images the store has; none is unfinished. */
export async function storePicture(weft: Instance): Promise<Record<string, number>> {
  const [row] = await weft.sql<{ id: string }>('SELECT id FROM database');
  const picture = countsIn(containerPaths(weft.stateDirectory, row?.id ?? '').images);
  expect(picture).toMatchObject({ staging: 0 });
  return picture;
}
