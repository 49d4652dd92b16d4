import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { makeBusyboxLayout } from '../support/images/layouts.ts';
import { Registry } from '../support/images/registry.ts';
import { copyImage } from '../support/images/skopeo.ts';
import { configure, startImageHost } from '../support/images/weft.ts';

const run = promisify(execFile);

/** What `npm run image --` runs when everything is set up; its output, or its error as `code: text`. */
async function image(url: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, WEFT_LISTEN: new URL(url).host };
  try {
    return (await run(process.execPath, ['executor/image.ts', ...args], { env })).stdout;
  } catch (error) {
    return `${Reflect.get(Object(error), 'code')}: ${Reflect.get(Object(error), 'stderr')}`;
  }
}

it('npm run image pulls, imports, lists and removes the images of the weft that runs here', async () => {
  const { weft, imports } = await startImageHost();
  const registry = await Registry.start();
  const busybox = makeBusyboxLayout('one');
  const name = registry.push(busybox, 'command/x:1', { tag: 'latest' });
  copyImage(`oci:${busybox}:latest`, `oci-archive:${join(imports, 'lab.tar')}`);
  const call = (...args: readonly string[]) => image(weft.url, ...args);

  expect(await call('list')).toBe('host1 has no images\n');
  expect(await call('pull', name)).toMatch(new RegExp(`^image .*\\n.*\\n${name} +ready`));
  expect(await call('pull', 'lab/pulled:1', '--source', `docker://${name}`)).toContain('lab/pulled:1');
  expect(await call('import', join(imports, 'lab.tar'), 'lab/imported:1')).toContain('lab/imported:1');
  expect((await call('list')).match(/\bready\b/g)).toHaveLength(3);
  expect(await call('remove', name)).toBe(`removed ${name}\n`);
  expect(await call('remove', name)).toContain(`1: weft: Image ${name} not found`);
  expect(await call('pull', `${registry.address}/none:1`)).toMatch(/^1: weft: pull \S+none:1: /);
  expect(await call('import', '/etc/hostname', 'x')).toContain('copy it there first');
  await configure(weft, { image_import_dir: '' });
  expect(await call('import', 'lab.tar', 'x')).toContain('host1 has no directory for imports');
  for (const wrong of [[], ['pull'], ['list', 'x'], ['remove', 'x', '--source', 'y'], ['push', 'x']]) {
    expect(await call(...wrong)).toMatch(/^2: usage: npm run image/);
  }
  await weft.stop();
  expect(await call('list')).toContain(`1: weft: weft does not answer at ${weft.url}`);
});
