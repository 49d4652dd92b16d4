import { describe, expect, test } from 'vitest';
import { isSshKey, SSH_KEY_MAX, userDataSize } from './cloud-init.ts';

const BODY = 'AAAAC3NzaC1lZDI1NTE5AAAAIGJ2';

describe('a public key', () => {
  test.each([
    `ssh-ed25519 ${BODY}`,
    `ssh-ed25519 ${BODY} me@home, the "second" ä`,
    `ssh-rsa ${BODY}==`,
    `ecdsa-sha2-nistp256 ${BODY}=`,
    `sk-ssh-ed25519@openssh.com ${BODY} key`,
  ])('is %s', (line) => {
    expect(isSshKey(line)).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['a private one', '-----BEGIN OPENSSH PRIVATE KEY-----'],
    ['two lines', `ssh-ed25519 ${BODY} a\nssh-ed25519 ${BODY}`],
    ['a line with its end', `ssh-ed25519 ${BODY}\n`],
    ['options', `command="id" ssh-ed25519 ${BODY}`],
    ['no body', 'ssh-ed25519'],
    ['a body that is none', 'ssh-ed25519 none'],
    ['a line separator', `ssh-ed25519 ${BODY} a\u2028b`],
    ['too long', `ssh-ed25519 ${BODY} ${'a'.repeat(SSH_KEY_MAX)}`],
  ])('is not %s', (_, line) => {
    expect(isSshKey(line)).toBe(false);
  });
});

test('user data is measured in bytes', () => {
  expect(userDataSize('aä€')).toBe(6);
});
