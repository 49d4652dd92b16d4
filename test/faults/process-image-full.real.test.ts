import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { containerPaths } from '../../executor/peers/containers.ts';
import { waiting } from '../conformance/example.ts';
import { Registry } from '../support/images/registry.ts';
import { makeShellLayout } from '../support/images/shell-image.ts';
import { counts, countsIn } from '../support/images/store.ts';
import { shared } from '../support/shared.ts';
import { Lab } from './lab.ts';
import { expectNothingLeft } from './nothing-left.ts';

/* The file system of the images is full while the start of a container fetches one. */

const image = shared(async () => {
  const registry = await Registry.start();
  const layout = makeShellLayout({ config: ['--config.stopsignal', 'SIGKILL'] });
  return registry.push(layout, 'lab/shell:1', { tag: 'latest' });
});

/** A lab whose images are in a file system of this size. */
async function startWith(size: string): Promise<{ lab: Lab; images: string }> {
  const lab = await Lab.open();
  const [row] = await lab.sql<{ id: string }>('SELECT id FROM database');
  const { images } = containerPaths(lab.stateDirectory, row?.id ?? '');
  mkdirSync(images, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', images]);
  onTestFinished(async () => {
    await lab.abandon();
    execFileSync('umount', ['--lazy', images]);
    await lab.clear();
  });
  await lab.startExecutor();
  const config = { image_allow_local: 'true', image_pull: 'missing' };
  expect(await lab.request('PATCH', '/hypervisors/host1/config', config)).toMatchObject({ status: 200 });
  return { lab, images };
}

// There is no space for its download, or for what that is unpacked to.
it.each(['200k', '1500k'])(
  'a start whose image does not fit into %s says so and leaves nothing, and works when there is space',
  async (size) => {
    const { lab, images } = await startWith(size);
    const run = () => lab.request('PUT', '/host/host1/a', { image: image() }, waiting);
    const full = await run();
    expect(full).toMatchObject({
      status: 422,
      body: {
        code: 'impossible',
        detail: expect.stringMatching(`${image()}: .*no space left on device`),
      },
    });
    expect(countsIn(images)).toEqual(counts(0));
    await expectNothingLeft(lab);
    execFileSync('mount', ['-o', 'remount,size=64m', images]);
    expect(await run()).toMatchObject({ status: 200, body: { state: 'running' } });
    expect(countsIn(images)).toEqual(counts(1));
  },
);
