import { join } from 'node:path';
import { temporaryDirectory } from '../../support/database.ts';
import { MadeLayout } from '../../support/images/layouts.ts';
import { makeTar } from '../../support/images/tar.ts';
import type { Instance } from '../../support/instance.ts';
import { type Act, inOrder, request, type Scenario, type Scenarios } from '../scenario.ts';

export const imagesRows = [
  "SELECT 'image', json_array(name, spec, applied_spec, desired, state, digest, error) FROM images",
];

interface Comparison {
  readonly differences: readonly object[];
  readonly orphans: readonly { readonly name: string }[];
}

/** What is in the store and has no row, and how the rows differ from the store. */
async function outcome(weft: Instance): Promise<unknown> {
  const path = '/hypervisors/host1/resync?dry_run=true';
  const { body } = await weft.request<Comparison>('POST', path, undefined, { prefer: 'wait=30' });
  // It is no part of what is compared.
  await weft.sql("DELETE FROM operations WHERE kind = 'hypervisor.resync'");
  return { differences: body.differences, orphans: body.orphans.map(({ name }) => name) };
}

/** Of layouts with the tags `old` and `new`, from which images are imported. */
const configure: Act = (weft) => {
  const imports = temporaryDirectory();
  const layout = new MadeLayout(join(imports, 'lab'));
  for (const tag of ['old', 'new']) layout.image(tag, { tar: makeTar({ name: tag }) });
  return weft.request('PATCH', '/hypervisors/host1/config', { image_import_dir: imports });
};

const pull = (tag: string) => request('POST', '/images', { name: 'lab/x:1', source: `oci:lab:${tag}` });

const scenario = (prepare: Act, act: Act): Scenario => ({
  outcome,
  prepare: inOrder(configure, prepare),
  act,
  // A store outlives the rows of its hypervisor: each run has a state directory of its own.
  clear: async () => undefined,
});

export const images: Scenarios = {
  'pull an image': scenario(inOrder(), pull('new')),
  'pull an image again': scenario(pull('old'), pull('new')),
  'a pull that fails': { ...scenario(pull('old'), pull('new')), failing: 'image.pull:always' },
  'delete an image': scenario(pull('new'), request('DELETE', '/images/lab/x:1')),
};
