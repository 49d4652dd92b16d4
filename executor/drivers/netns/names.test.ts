import { describe, expect, test } from 'vitest';
import { NetnsError, systemError } from './errors.ts';
import { checkLabel, checkLinkName, checkMac, checkNamespaceName } from './names.ts';

function codeOf(check: () => void): string | null {
  try {
    check();
    return null;
  } catch (error) {
    return error instanceof NetnsError ? error.code : String(error);
  }
}

describe('names', () => {
  test.each(['a', '0', 'c1.0_x-y', 'x'.repeat(255)])('namespace %j', (name) => {
    expect(codeOf(() => checkNamespaceName(name, 'test'))).toBeNull();
  });

  test.each(['', '.', '..', '.a', '-a', 'a/b', '../a', 'a b', 'a\n', 'a\0', 'ä', 'x'.repeat(256)])(
    'no namespace %j',
    (name) => {
      expect(codeOf(() => checkNamespaceName(name, 'test'))).toBe('invalid');
    },
  );

  test.each(['a', 'c1.0o', 'fifteen-bytes-x', 'größe', 'a@b'])('link %j', (name) => {
    expect(codeOf(() => checkLinkName(name, 'test'))).toBeNull();
  });

  test.each([
    '',
    '.',
    '..',
    'a/b',
    'a:1',
    'a b',
    'a\t',
    'a\0',
    'veth%d',
    'sixteen-bytes-xy',
    'größegrößegrö',
    '\ud800',
  ])('no link %j', (name) => {
    expect(codeOf(() => checkLinkName(name, 'test'))).toBe('invalid');
  });

  test('labels fit into an alias', () => {
    expect(codeOf(() => checkLabel('weft:0/a', 'test'))).toBeNull();
    expect(codeOf(() => checkLabel('x'.repeat(255), 'test'))).toBeNull();
    for (const label of ['', 'x'.repeat(256), 'a\0b', 'a\nb']) {
      expect(codeOf(() => checkLabel(label, 'test'))).toBe('invalid');
    }
  });

  test('hardware addresses', () => {
    expect(codeOf(() => checkMac('02:00:00:00:00:aF', 'test'))).toBeNull();
    for (const mac of ['', '02:00:00:00:00', '02-00-00-00-00-01', '02:00:00:00:00:0g', '02:00:00:00:00:01:02']) {
      expect(codeOf(() => checkMac(mac, 'test'))).toBe('invalid');
    }
  });
});

describe('errors', () => {
  test('keep everything across a structured clone of their fields', () => {
    const error = systemError(16, 'create bridge b', 'it is busy', 'Device is busy');
    const copy = new NetnsError(structuredClone(error.toFields()));
    expect(copy).toMatchObject({ code: 'busy', errno: 'EBUSY', kernelText: 'Device is busy', transient: true });
    expect(copy.message).toBe('create bridge b: it is busy (EBUSY; the kernel says: Device is busy)');
  });

  test.each([
    [17, 'exists', 'EEXIST', false],
    [19, 'missing', 'ENODEV', false],
    [1, 'denied', 'EPERM', false],
    [22, 'invalid', 'EINVAL', false],
    [95, 'unsupported', 'EOPNOTSUPP', false],
    [105, 'kernel', 'ENOBUFS', true],
    [11, 'busy', 'EAGAIN', true],
    [28, 'limit', 'ENOSPC', false],
    [54, 'limit', 'EXFULL', false],
    [24, 'limit', 'EMFILE', true],
    [9999, 'kernel', 'errno 9999', false],
  ])('errno %i is %s', (errno, code, name, transient) => {
    expect(systemError(errno, 'test')).toMatchObject({ code, errno: name, transient });
  });
});
