import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../../test/support/database.ts';
import { digestIn, MadeLayout, makeBusyboxLayout } from '../../../../test/support/images/layouts.ts';
import { copyImage } from '../../../../test/support/images/skopeo.ts';
import { counts, countsIn, errorOf, openStore } from '../../../../test/support/images/store.ts';
import { type MadeEntry, makeTar } from '../../../../test/support/images/tar.ts';
import { shared } from '../../../../test/support/shared.ts';
import { openImageStore } from './store.ts';

const HEX_BLOB = `blobs/sha256/${'0'.repeat(64)}`;

const busybox = shared(async () => makeBusyboxLayout('imported'));

describe('an import', () => {
  it.each([
    ['a layout', 'oci:sub/lab:latest', (file: string) => execFileSync('cp', ['-r', busybox(), join(file, 'sub/lab')])],
    [
      'an archive',
      'oci-archive:lab.tar',
      (file: string) => copyImage(`oci:${busybox()}:latest`, `oci-archive:${file}/lab.tar`),
    ],
    [
      'an archive in gzip whose name has a colon',
      'oci-archive:lab:1.tgz',
      (file: string) => {
        copyImage(`oci:${busybox()}:latest`, `oci-archive:${file}/plain.tar`);
        writeFileSync(join(file, 'lab:1.tgz'), gzipSync(readFileSync(join(file, 'plain.tar'))));
      },
    ],
  ])('of %s needs no registry', async (_, source, make) => {
    const { store, imports, directory } = await openStore();
    mkdirSync(join(imports, 'sub'));
    make(imports);
    const image = await store.pull({ name: 'lab:1', source });
    expect(image).toMatchObject({ name: 'lab:1', digest: digestIn(busybox()), config: { command: ['-c', 'echo'] } });
    expect(readFileSync(join(image.root, 'text'), 'utf8')).toBe('imported');
    expect([await store.find('lab:1'), countsIn(directory)]).toEqual([image, counts(1)]);
  });

  it('of what `docker save` writes', async () => {
    const { store, imports, directory } = await openStore();
    copyImage(`oci:${busybox()}:latest`, `docker-archive:${imports}/lab.tar:lab:old`);
    const image = await store.pull({ name: 'lab:1', source: 'docker-archive:lab.tar' });
    expect(image).toMatchObject({
      name: 'lab:1',
      config: { user: '7:8' },
      layers: [{ mediaType: expect.stringMatching(/gzip$/) }],
    });
    expect(readFileSync(join(image.root, 'text'), 'utf8')).toBe('imported');
    expect(countsIn(directory)).toEqual(counts(1));
  });

  it('of one of several images names its tag', async () => {
    const { store, imports } = await openStore();
    const [one, two] = ['one', 'two'].map((name) => ({ tar: makeTar({ name }) }));
    const layout = new MadeLayout(join(imports, 'two'));
    if (one && two) layout.image('v1', one).image('v2', two);
    const image = await store.pull({ name: 'x', source: 'oci:two:v2' });
    expect(readFileSync(join(image.root, 'two'), 'utf8')).toBe('');
    for (const [source, words] of [
      ['oci:two', 'the layout has 2 images and not one; its tags are v1, v2'],
      ['oci:two:v3', 'the layout has no single image with the tag v3; its tags are v1, v2'],
    ] as const) {
      expect(await errorOf(store.pull({ name: 'x', source }))).toMatchObject({ code: 'unknown', detail: words });
    }
    expect(await store.find('x')).toEqual(image);
  });

  it('of what is not there, or no image, is refused with its name', async () => {
    const { store, imports, directory } = await openStore();
    writeFileSync(join(imports, 'noise'), Buffer.alloc(2_048, 7));
    writeFileSync(join(imports, 'cut.tgz'), gzipSync(makeTar({ name: 'oci-layout', content: '{}' })).subarray(0, 40));
    writeFileSync(join(imports, 'tree.tar'), makeTar({ name: 'etc/passwd', content: 'x' }));
    mkdirSync(join(imports, 'empty'));
    execFileSync('mkfifo', [join(imports, 'pipe')]);
    for (const [source, code, words] of [
      ['oci:none', 'unknown', 'none, a name below the directory for imports: there is no such file'],
      ['oci-archive:none', 'unknown', 'there is no such file'],
      ['docker-archive:none', 'unknown', 'there is no such file'],
      ['oci:empty', 'unknown', 'oci-layout'],
      ['oci-archive:noise', 'invalid', 'the archive: a header has'],
      ['oci-archive:cut.tgz', 'invalid', 'the archive: unexpected end of file'],
      ['oci-archive:tree.tar', 'unknown', 'oci-layout'],
      ['oci-archive:empty', 'invalid', 'empty is no regular file'],
      ['docker-archive:empty', 'invalid', 'empty is no regular file'],
      ['oci-archive:pipe', 'invalid', 'pipe is no regular file'],
      ['docker-archive:pipe', 'invalid', 'pipe is no regular file'],
      ['docker-archive:noise', 'invalid', 'skopeo: '],
      ['docker-archive:tree.tar', 'invalid', 'skopeo: '],
    ] as const) {
      const error = await errorOf(store.pull({ name: 'x', source }));
      expect([source, error.code]).toEqual([source, code]);
      expect(error.message).toContain(words);
      expect(error.message).toMatch(/^pull x:latest: /);
    }
    expect(countsIn(directory)).toEqual(counts(0));
  });

  it('is refused where no directory for it is named', async () => {
    const store = await openImageStore({ directory: temporaryDirectory() });
    const settings = { credentialsFile: null, importDirectory: null, mayBeLocal: false };
    expect(await errorOf(store.pull({ name: 'x', source: 'oci:x', ...settings }))).toMatchObject({
      code: 'unsupported',
      detail: 'there is no directory for imports: image_import_dir of the hypervisor names none',
    });
  });
});

describe('a link', () => {
  it('that leads out of the directory for imports is refused, wherever it is', async () => {
    const { store, imports, directory } = await openStore();
    const tar = makeTar({ name: 'x' });
    const outside = new MadeLayout().image('x', { tar });
    symlinkSync(outside.path, join(imports, 'linked'));
    const inside = new MadeLayout(join(imports, 'inside'));
    inside.image('x', { tar });
    for (const part of ['index.json', 'blobs', `blobs/${digestIn(inside.path).replace(':', '/')}`]) {
      const file = part.replaceAll('/', '-');
      execFileSync('cp', ['-r', inside.path, join(imports, file)]);
      execFileSync('rm', ['-r', join(imports, file, part)]);
      symlinkSync(join(outside.path, part), join(imports, file, part));
      const error = await errorOf(store.pull({ name: 'x', source: `oci:${file}` }));
      expect([part, error.code]).toEqual([part, 'invalid']);
      expect(error.detail).toContain('a link that leads out of the directory for imports');
    }
    for (const transport of ['oci', 'oci-archive', 'docker-archive']) {
      const error = await errorOf(store.pull({ name: 'x', source: `${transport}:linked` }));
      expect([transport, error.code]).toEqual([transport, 'invalid']);
    }
    expect(countsIn(directory)).toEqual(counts(0));
    symlinkSync('inside', join(imports, 'alias'));
    expect(await store.pull({ name: 'x', source: 'oci:alias' })).toMatchObject({ digest: digestIn(inside.path) });
  });

  it.each<[string, MadeEntry, string]>([
    [
      'a symbolic link',
      { name: 'index.json', type: '2', linkName: '/etc/shadow' },
      'does not belong into an OCI archive',
    ],
    ['a hard link', { name: HEX_BLOB, type: '1', linkName: '/etc/shadow' }, 'does not belong into an OCI archive'],
    ['a device', { name: 'index.json', type: '3', device: [1, 8] }, 'does not belong into an OCI archive'],
    ['a file twice', { name: './oci-layout', content: 'x' }, 'oci-layout is in it twice'],
  ])('or whatever else in an archive is refused: %s', async (_, entry, words) => {
    const { store, imports, directory } = await openStore();
    writeFileSync(join(imports, 'bad.tar'), makeTar({ name: 'oci-layout', content: '{}' }, entry));
    const error = await errorOf(store.pull({ name: 'x', source: 'oci-archive:bad.tar' }));
    expect(error).toMatchObject({ code: 'invalid', detail: expect.stringContaining(words) });
    expect(countsIn(directory)).toEqual(counts(0));
  });

  it('is not needed for files that lead out of an archive, which are left out', async () => {
    const { store, imports } = await openStore();
    const layout = new MadeLayout().image('x', { tar: makeTar({ name: 'x' }) });
    const files = execFileSync('find', ['-type', 'f', '-printf', '%P\\n'], { cwd: layout.path, encoding: 'utf8' });
    const entries = files
      .trim()
      .split('\n')
      .map((name) => ({ name, content: readFileSync(join(layout.path, name)) }));
    const odd = [`../${'0'.repeat(64)}`, 'blobs/sha256/../../../escaped', '/tmp/escaped'].map((name) => ({ name }));
    writeFileSync(join(imports, 'odd.tar'), makeTar(...odd, ...entries));
    expect(await store.pull({ name: 'x', source: 'oci-archive:odd.tar' })).toMatchObject({
      digest: digestIn(layout.path),
    });
  });
});

describe('how an image is started', () => {
  const tar = makeTar({ name: 'x' });

  it('is told without variables that have no value, and with an absolute directory', async () => {
    const { store, imports } = await openStore();
    const config = { Env: ['novalue', 'A=b', '=c', 'D='], WorkingDir: 'srv/../www' };
    new MadeLayout(join(imports, 'odd')).image('x', { tar, config });
    expect(await store.pull({ name: 'odd', source: 'oci:odd' })).toMatchObject({
      config: { environment: ['A=b', 'D='], workingDirectory: '/www' },
    });
  });

  it.each([
    ['Env', Array.from({ length: 1001 }, (_, number) => `A${number}=b`), 'over 1000 entries'],
    ['Cmd', ['x'.repeat(100_001)], 'over 100000 characters'],
    ['Entrypoint', ['a\0b'], 'has a NUL'],
  ])('is refused if no program could be started so: %s', async (member, value, words) => {
    const { store, imports, directory } = await openStore();
    new MadeLayout(join(imports, 'much')).image('x', { tar, config: { [member]: value } });
    expect(await errorOf(store.pull({ name: 'much', source: 'oci:much' }))).toMatchObject({
      code: 'invalid',
      detail: expect.stringContaining(`config.${member}: ${words}`),
    });
    expect(countsIn(directory)).toEqual(counts(0));
  });
});

describe('a name that stands for another image by now', () => {
  it('leaves the one before to whom still needs it, by its digest', async () => {
    const directory = temporaryDirectory();
    const imports = temporaryDirectory();
    const needed = new Set<string>();
    const store = await openImageStore({ directory, isUsed: (root) => needed.has(root) });
    const settings = { credentialsFile: null, importDirectory: imports, mayBeLocal: true };
    for (const name of ['one', 'two', 'three']) {
      new MadeLayout(join(imports, name)).image('x', { tar: makeTar({ name }) });
    }
    const first = await store.pull({ name: 'lab/x:1', source: 'oci:one', ...settings });
    needed.add(first.root);
    await store.pull({ name: 'lab/x:1', source: 'oci:two', ...settings });
    const byDigest = `lab/x@${first.digest}`;
    expect(await store.find(byDigest)).toMatchObject({ digest: first.digest, root: first.root });
    expect(await store.find(`other/x@${first.digest}`)).toBeNull();
    expect((await store.list()).map(({ name }) => name)).toEqual(['lab/x:1']);
    needed.clear();
    await store.pull({ name: 'lab/x:1', source: 'oci:three', ...settings });
    expect(await store.find(byDigest)).toBeNull();
    await store.close();
  });
});

describe('a layout', () => {
  it('with a damaged blob is refused', async () => {
    const { store, imports, directory } = await openStore();
    for (const which of ['manifest', 'layer'] as const) {
      const layout = new MadeLayout(join(imports, which));
      const manifest = layout.manifest({ tar: makeTar({ name: which }) });
      layout.tag('x', manifest);
      const content = readFileSync(layout.blobPath(manifest.digest), 'utf8');
      const layer: string = JSON.parse(content).layers[0].digest;
      if (which === 'manifest') writeFileSync(layout.blobPath(manifest.digest), `${content} `);
      else writeFileSync(layout.blobPath(layer), gzipSync(makeTar({ name: 'other' })));
      const error = await errorOf(store.pull({ name: 'x', source: `oci:${which}` }));
      expect([which, error.code]).toEqual([which, 'invalid']);
      expect(error.detail).toContain((which === 'manifest' ? manifest.digest : layer).slice(7));
    }
    expect(countsIn(directory)).toEqual(counts(0));
  });
});
