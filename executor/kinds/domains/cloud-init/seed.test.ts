import { expect, test } from 'vitest';
import { SSH_KEYS_MAX, USER_DATA_MAX } from '../../../../schema/cloud-init.ts';
import { SECTOR } from './sector.ts';
import { type Seed, seedImage } from './seed.ts';

const seed: Seed = {
  instance: '6a0d9c40-5c3e-4f6a-9d0c-0f6a4b1c2d3e',
  hostname: 'web1.example.com',
  sshKeys: ['ssh-ed25519 AAAAC3Nza "me"@home', 'ssh-rsa AAAAB3Nza'],
  userData: null,
};

/** The files of an image, which are all that is in its last sectors. */
function filesOf(changes: Partial<Seed>) {
  const image = seedImage({ ...seed, ...changes });
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(image.subarray(25 * SECTOR));
  const [metaData = '', ...userData] = text.split('\n');
  return { metaData, userData: userData.join('\n').replace(/^\0+/, '').replace(/\0+$/, '') };
}

test('metadata tells who the guest is, and the keys of its user', () => {
  expect(JSON.parse(filesOf({}).metaData)).toEqual({
    'instance-id': seed.instance,
    'local-hostname': seed.hostname,
    'public-keys': seed.sshKeys,
  });
});

test('what YAML takes for a line break is escaped', () => {
  const key = 'ssh-rsa AAAA a\u0085b\u2028c\u2029d\u007fe\ufefff';
  const { metaData } = filesOf({ sshKeys: [key] });
  expect(metaData).toMatch(/^[\u0020-\u007e]*$/);
  expect(JSON.parse(metaData)).toMatchObject({ 'public-keys': [key] });
});

test.each(['#cloud-config\npackages: [nginx]\n', '#!/bin/sh\necho ä\n', 'Content-Type: multipart/mixed\r\n\r\n', ''])(
  'user data is kept as it is: %j',
  (userData) => {
    expect(filesOf({ userData }).userData).toBe(userData);
  },
);

test('without user data there is a configuration that says nothing', () => {
  expect(filesOf({}).userData).toBe('#cloud-config\n{}\n');
});

test('the limits are kept', () => {
  expect(() => seedImage({ ...seed, userData: 'a'.repeat(USER_DATA_MAX) })).not.toThrow();
  expect(() => seedImage({ ...seed, userData: 'a'.repeat(USER_DATA_MAX + 1) })).toThrow(RangeError);
  expect(() => seedImage({ ...seed, sshKeys: Array.from({ length: SSH_KEYS_MAX + 1 }, () => 'a') })).toThrow(
    RangeError,
  );
});
