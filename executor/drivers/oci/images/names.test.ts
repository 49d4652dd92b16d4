import { describe, expect, it } from 'vitest';
import { ImageError } from './errors.ts';
import { canonicalName, familiarName, isLoopback, parseImageName } from './names.ts';

const HEX = 'ab'.repeat(32);
const long = (length: number) => 'a'.repeat(length);

describe('a name', () => {
  it.each([
    ['ubuntu', 'docker.io/library/ubuntu:latest', 'ubuntu:latest'],
    ['ubuntu:14.04', 'docker.io/library/ubuntu:14.04', 'ubuntu:14.04'],
    ['docker.io/ubuntu', 'docker.io/library/ubuntu:latest', 'ubuntu:latest'],
    ['index.docker.io/library/ubuntu', 'docker.io/library/ubuntu:latest', 'ubuntu:latest'],
    ['frrouting/frr:v8', 'docker.io/frrouting/frr:v8', 'frrouting/frr:v8'],
    ['registry.example/x:1', 'registry.example/x:1', 'registry.example/x:1'],
    ['registry:5000/x', 'registry:5000/x:latest', 'registry:5000/x:latest'],
    ['localhost/x', 'localhost/x:latest', 'localhost/x:latest'],
    ['Lab:5000/x', 'Lab:5000/x:latest', 'Lab:5000/x:latest'],
    ['127.0.0.1:5000/a/b/c:T_1', '127.0.0.1:5000/a/b/c:T_1', '127.0.0.1:5000/a/b/c:T_1'],
    [`ubuntu@sha256:${HEX}`, `docker.io/library/ubuntu@sha256:${HEX}`, `ubuntu@sha256:${HEX}`],
    [`ubuntu:14.04@sha256:${HEX}`, `docker.io/library/ubuntu@sha256:${HEX}`, `ubuntu@sha256:${HEX}`],
    ['a_b/c__d/e---f/g.h', 'docker.io/a_b/c__d/e---f/g.h:latest', 'a_b/c__d/e---f/g.h:latest'],
    ['library/a/b', 'docker.io/library/a/b:latest', 'library/a/b:latest'],
    [`x/${long(243)}`, `docker.io/x/${long(243)}:latest`, `x/${long(243)}:latest`],
    [`x:${long(128)}`, `docker.io/library/x:${long(128)}`, `x:${long(128)}`],
  ])('%s is %s, known as %s', (text, canonical, familiar) => {
    const name = parseImageName(text);
    expect([canonicalName(name), familiarName(name)]).toEqual([canonical, familiar]);
    expect([parseImageName(canonical), parseImageName(familiar)]).toEqual([name, name]);
  });

  it.each([
    ['', 'empty'],
    ['Ubuntu', '"Ubuntu" is not in lower case'],
    ['Lab/x', '"Lab" is not in lower case'],
    ['registry.example/Web', '"Web" is not in lower case'],
    ['registry.example/', 'a part of the path is empty'],
    ['registry.example//x', 'a part of the path is empty'],
    ['/x', 'a part of the path is empty'],
    ['a/../b', '".." is not lower-case letters'],
    ['a._b', '"a._b" is not lower-case letters'],
    ['a___b', '"a___b" is not lower-case letters'],
    ['-a', '"-a" is not lower-case letters'],
    ['a b', '"a b" is not lower-case letters'],
    ['a\n', 'is not lower-case letters'],
    ['x:', 'the tag "" is not'],
    ['x:.1', 'the tag ".1" is not'],
    [`x:${long(129)}`, 'is not 1 to 128'],
    ['x:1:2', 'the tag "1:2" is not'],
    ['x@', 'the digest "" is not'],
    ['x@sha256:ab', 'the digest "sha256:ab" is not'],
    [`x@sha512:${HEX}${HEX}`, 'is not sha256'],
    [`x@sha256:${HEX.toUpperCase()}`, 'in lower case'],
    [HEX, 'an id, not a name'],
    ['[::1]:5000/x', 'is not the host name of a registry'],
    ['host_name.example:80/x', '"host_name.example:80" is not the host name of a registry'],
    ['user@host.example/x', 'the digest "host.example/x" is not'],
    ['https://registry.example/x', '"https:" is not the host name of a registry'],
    [`x/${long(244)}`, 'longer than 255'],
  ])('%j is refused: %s', (text, words) => {
    expect(() => parseImageName(text)).toThrow(ImageError);
    expect(() => parseImageName(text)).toThrow(words);
    expect(() => parseImageName(text)).toThrow(JSON.stringify(text));
  });

  it.each([
    ['127.0.0.1:5000/x', true],
    ['127.255.0.9/x', true],
    ['localhost:5000/x', true],
    ['LOCALHOST:5000/x', true],
    ['10.0.0.1:5000/x', false],
    ['127.0.0.1.example/x', false],
    ['127.0.0.256:1/x', false],
    ['localhost.example/x', false],
    ['x', false],
  ])('%s is on loopback: %s', (text, expected) => {
    expect(isLoopback(parseImageName(text))).toBe(expected);
  });
});
