import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../../test/support/database.ts';
import { MadeLayout } from '../../../../test/support/images/layouts.ts';
import { counts, countsIn, isRunning, openStore, searchPathWith } from '../../../../test/support/images/store.ts';
import { makeTar } from '../../../../test/support/images/tar.ts';
import { until } from '../../../../test/support/until.ts';

/** A process that pulls an image, killed when one of its programs is at work; returns the id of that one. */
async function killWhile(program: string, directory: string, imports: string): Promise<number> {
  const marker = join(temporaryDirectory(), 'marker');
  const script = `"$REAL" "$@" || exit\necho $$ > ${marker}.new; mv ${marker}.new ${marker}\nexec sleep 600`;
  const withPath = { directory, searchPath: searchPathWith({ program, script }) };
  const settings = { credentialsFile: null, importDirectory: imports, mayBeLocal: false };
  const code = `import { openImageStore } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'store.ts')).href)};
    const store = await openImageStore(${JSON.stringify(withPath)});
    await store.pull({ name: 'lab:1', source: 'oci:new', ...${JSON.stringify(settings)} });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: 'ignore' });
  await until(`${program} is at work`, () => existsSync(marker) || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(`the pull has ended without ${program}`);
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  return Number(readFileSync(marker, 'utf8'));
}

describe('a kill', () => {
  it.each(['skopeo', 'umoci', 'sync'])('while %s is at work leaves the old image, and no process', async (program) => {
    const { store, directory, imports } = await openStore();
    for (const name of ['old', 'new']) new MadeLayout(join(imports, name)).image('x', { tar: makeTar({ name }) });
    const old = await store.pull({ name: 'lab:1', source: 'oci:old' });
    await store.close();
    const pid = await killWhile(program, directory, imports);
    await until('its program has ended, too', () => !isRunning(pid));
    expect(countsIn(directory)).toEqual({ ...counts(1), staging: 1 });
    const again = await openStore({ directory, importDirectory: imports });
    expect([await again.store.list(), countsIn(directory)]).toEqual([[old], counts(1)]);
    expect(readdirSync(old.root)).toEqual(['old']);
    expect(readdirSync((await again.store.pull({ name: 'lab:1', source: 'oci:new' })).root)).toEqual(['new']);
    expect(countsIn(directory)).toEqual(counts(1));
  });

  it('before an image got its name leaves nothing of it', async () => {
    const { store, directory, imports } = await openStore();
    new MadeLayout(join(imports, 'lab')).image('x', { tar: makeTar({ name: 'x' }) });
    await store.pull({ name: 'lab:1', source: 'oci:lab' });
    await store.close();
    for (const name of readdirSync(join(directory, 'names'))) rmSync(join(directory, 'names', name));
    expect(countsIn(directory)).toEqual(counts(0, 1));
    await openStore({ directory });
    expect(countsIn(directory)).toEqual(counts(0));
  });
});

describe.each<[string, (text: string) => string]>([
  ['damaged', () => '{'],
  ['of a name that an earlier version took', (text) => text.replace(/"name":"[^"]*"/, '"name":"Lab/two:1"')],
])('a name whose file is %s', (_, change) => {
  it('is none, and hides no other', async () => {
    const { store, directory, imports } = await openStore();
    for (const name of ['one', 'two']) {
      new MadeLayout(join(imports, name)).image('x', { tar: makeTar({ name }) });
      await store.pull({ name, source: `oci:${name}` });
    }
    const [image] = await store.list();
    const [file = ''] = readdirSync(join(directory, 'names')).filter((name) =>
      readFileSync(join(directory, 'names', name), 'utf8').includes('/two:'),
    );
    const path = join(directory, 'names', file);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    expect([await store.list(), await store.find('two')]).toEqual([[image], null]);
    expect(await store.pull({ name: 'two', source: 'oci:two' })).toMatchObject({ name: 'two:latest' });
    expect(countsIn(directory)).toEqual(counts(2));
  });
});
