import { describe, expect, it } from 'vitest';
import {
  checkManifest,
  choosePlatform,
  digestOf,
  type IndexEntry,
  parseConfiguration,
  parseManifest,
} from './manifests.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const described = (mediaType: string, more = {}) => ({ mediaType, digest: DIGEST, size: 1, ...more });
const manifest = (config = CONFIG, ...layers: object[]) => ({ schemaVersion: 2, config: described(config), layers });

describe('a manifest', () => {
  it('is one, or an index of several', () => {
    expect(parseManifest(json(manifest()), 'pull')).toEqual({ manifest: { config: described(CONFIG), layers: [] } });
    expect(parseManifest(json({ manifests: [described('x')] }), 'pull')).toEqual({
      index: { manifests: [described('x')] },
    });
  });

  it.each([
    ['not JSON', Buffer.from('<html>'), 'its manifest is not JSON', 'invalid'],
    ['of schema version 1', json({ schemaVersion: 1, manifests: [] }), 'schema version 1', 'unsupported'],
    ['without layers', json({ config: described(CONFIG) }), 'its manifest is wrong: layers', 'invalid'],
    ['with a digest that is none', json({ manifests: [{ ...described('x'), digest: '../x' }] }), 'digest', 'invalid'],
    ['null', json(null), 'its manifest is wrong: all of it', 'invalid'],
  ])('%s is refused', (_, content, words, code) => {
    expect(() => parseManifest(content, 'pull')).toThrow(words);
    expect(() => parseManifest(content, 'pull')).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    ...[LAYER, LAYER.replace('gzip', 'zstd'), LAYER.replace('+gzip', '')],
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    'application/vnd.docker.image.rootfs.diff.tar.gzip',
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  ])('may have layers of the type %s', (mediaType) => {
    checkManifest({ config: described(CONFIG), layers: [described(mediaType)] }, 'pull');
  });

  it.each([
    ['an unknown type', CONFIG, { mediaType: `${LAYER}+encrypted` }, `of the unknown type ${LAYER}+encrypted`],
    ['an address', CONFIG, { mediaType: LAYER, urls: ['http://x.example'] }, 'at an address of its own'],
    ['no image', 'application/vnd.cncf.helm.config.v1+json', { mediaType: LAYER }, 'it is no image: its configuration'],
  ])('with %s is not supported', (_, config, layer, words) => {
    const check = () => checkManifest({ config: described(config), layers: [described(LAYER, layer)] }, 'pull');
    expect(check).toThrow(expect.objectContaining({ code: 'unsupported', message: expect.stringContaining(words) }));
  });
});

describe('a platform', () => {
  const entry = (architecture: string, os = 'linux', variant?: string): IndexEntry => ({
    ...described(`${os}/${architecture}/${variant}`),
    platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
  });
  const choose = (architecture: string, ...manifests: IndexEntry[]) =>
    choosePlatform({ manifests }, 'pull', architecture).mediaType;

  it('is the one of the host', () => {
    const all = [entry('amd64', 'windows'), entry('arm64', 'linux', 'v8'), entry('amd64'), entry('unknown', 'unknown')];
    expect([choose('amd64', ...all), choose('arm64', ...all)]).toEqual(['linux/amd64/undefined', 'linux/arm64/v8']);
    expect(choose('arm', entry('arm', 'linux', 'v5'), entry('arm', 'linux', 'v7'))).toBe('linux/arm/v7');
    expect(choose('amd64', described('only'))).toBe('only');
  });

  it('that is missing is an error with those that there are', () => {
    expect(() => choose('s390x', entry('amd64'), entry('arm64'))).toThrow(
      'not for linux/s390x, but for linux/amd64, linux/arm64',
    );
    expect(() => choose('amd64')).toThrow('but for none');
  });
});

it('a configuration may say nothing', () => {
  expect(parseConfiguration(json({ os: 'linux', config: null }), 'pull')).toEqual({ os: 'linux', config: null });
  expect(() => parseConfiguration(json({ config: { Env: 'A=b' } }), 'pull')).toThrow(
    'its configuration is wrong: config.Env',
  );
});

it('a digest is that of the bytes', () => {
  expect(digestOf(Buffer.alloc(0))).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});
