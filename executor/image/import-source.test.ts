import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { importSource } from './import-source.ts';

function stage() {
  const root = temporaryDirectory();
  const directory = join(root, 'imports');
  mkdirSync(join(directory, 'layout/blobs'), { recursive: true });
  writeFileSync(join(directory, 'layout/oci-layout'), '{}');
  const tar = (name: string, ...args: readonly string[]) =>
    execFileSync('tar', ['--force-local', '--create', '--file', join(directory, name), '-C', directory, ...args]);
  tar('lab:1.tar', '-C', 'layout', '.');
  tar('lab.tgz', '--gzip', '-C', 'layout', 'oci-layout');
  writeFileSync(join(directory, 'manifest.json'), '[]');
  tar('saved.tar', 'manifest.json');
  writeFileSync(join(directory, 'noise'), 'no archive');
  writeFileSync(join(root, 'outside.tar'), '');
  symlinkSync(join(directory, 'saved.tar'), join(root, 'link'));
  return { root, directory, source: (file: string) => importSource(file, { hypervisor: 'host1', directory }) };
}

it('a file below the directory for imports is a source by its name there, of what it is', () => {
  const { root, directory, source } = stage();
  expect(source(join(directory, 'layout'))).toBe('oci:layout');
  expect(source('lab:1.tar')).toBe('oci-archive:lab:1.tar');
  expect(source('lab.tgz')).toBe('oci-archive:lab.tgz');
  expect(source('./saved.tar')).toBe('docker-archive:saved.tar');
  expect(source(join(root, 'link'))).toBe('docker-archive:saved.tar');
});

it.each([
  ['../outside.tar', 'is not below'],
  ['.', 'is not below'],
  ['none.tar', 'there is no file none.tar, here or in'],
  ['noise', 'is neither a layout nor an archive'],
])('%s is refused: %s', (file, words) => {
  const { directory, source } = stage();
  expect(() => source(join(directory, file) === directory ? directory : file)).toThrow(words);
});

it('where no directory for imports is set, or it is missing, that is said', () => {
  expect(() => importSource('x', { hypervisor: 'host1', directory: undefined })).toThrow(
    'PATCH /hypervisors/host1/config {"image_import_dir":"/DIRECTORY"} sets it',
  );
  expect(() => importSource('x', { hypervisor: 'host1', directory: '/nowhere' })).toThrow('/nowhere, does not exist');
});
