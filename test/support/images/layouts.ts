import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { HOST_ARCHITECTURE } from '../../../executor/drivers/oci/images/manifests.ts';
import { temporaryDirectory } from '../database.ts';

/* OCI image layouts: real ones from busybox by umoci, and hostile or odd ones by hand. */

export const GZIP_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
export const ZSTD_LAYER = 'application/vnd.oci.image.layer.v1.tar+zstd';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIGURATION = 'application/vnd.oci.image.config.v1+json';

/** A layout with the image `latest`: busybox, `/bin/sh`, and a file with the text. */
export function makeBusyboxLayout(text: string): string {
  const directory = temporaryDirectory();
  const layout = join(directory, 'layout');
  mkdirSync(join(directory, 'tree/bin'), { recursive: true });
  copyFileSync('/bin/busybox', join(directory, 'tree/bin/busybox'));
  symlinkSync('busybox', join(directory, 'tree/bin/sh'));
  writeFileSync(join(directory, 'tree/text'), text);
  umoci('init', '--layout', layout);
  umoci('new', '--image', `${layout}:latest`);
  umoci('insert', '--image', `${layout}:latest`, join(directory, 'tree'), '/');
  const config = [
    '--config.entrypoint',
    '/bin/sh',
    '--config.cmd',
    '-c',
    '--config.cmd',
    'echo',
    '--config.env',
    'A=b',
  ];
  const more = ['--config.user', '7:8', '--config.workingdir', '/tmp', '--config.exposedports', '80/tcp'];
  umoci('config', '--image', `${layout}:latest`, ...config, ...more, '--config.stopsignal', 'SIGINT');
  return layout;
}

function umoci(...args: readonly string[]): void {
  execFileSync('umoci', ['--log=error', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}

export interface MadeLayer {
  readonly tar: Buffer;
  /** As it is in the blob; gzip by default. */
  readonly blob?: Buffer;
  readonly mediaType?: string;
  readonly urls?: readonly string[];
  /** Of the image; the host's by default. */
  readonly architecture?: string;
  /** Of the image: how it is started; nothing by default. */
  readonly config?: object;
}

interface MadeDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** A layout made by hand, with any number of images. */
export class MadeLayout {
  readonly path: string;
  readonly #entries: unknown[] = [];

  constructor(path = join(temporaryDirectory(), 'layout')) {
    this.path = path;
    mkdirSync(join(path, 'blobs/sha256'), { recursive: true });
    writeFileSync(join(path, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  }

  /** Adds an image with these layers under a tag; null: no tag. */
  image(tag: string | null, ...layers: readonly MadeLayer[]): this {
    return this.tag(tag, this.manifest(...layers));
  }

  manifest(...layers: readonly MadeLayer[]): MadeDescriptor {
    const diffs = layers.map(({ tar }) => digestOf(tar));
    const configuration = {
      ...{ architecture: layers[0]?.architecture ?? HOST_ARCHITECTURE, os: 'linux' },
      config: layers[0]?.config ?? {},
      rootfs: { type: 'layers', diff_ids: diffs },
    };
    const config = this.blob(CONFIGURATION, JSON.stringify(configuration));
    const blobs = layers.map(({ tar, blob = gzipSync(tar), mediaType = GZIP_LAYER, urls }) => ({
      ...this.blob(mediaType, blob),
      ...(urls === undefined ? {} : { urls }),
    }));
    return this.blob(MANIFEST, JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: blobs }));
  }

  /** An index of manifests, each with its architecture. */
  index(...entries: readonly (readonly [string, MadeDescriptor])[]): MadeDescriptor {
    const manifests = entries.map(([architecture, descriptor]) => ({
      ...descriptor,
      platform: { os: 'linux', architecture },
    }));
    return this.blob(INDEX, JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
  }

  blob(mediaType: string, content: string | Buffer): MadeDescriptor {
    const bytes = Buffer.from(content);
    const digest = digestOf(bytes);
    writeFileSync(this.blobPath(digest), bytes);
    return { mediaType, digest, size: bytes.length };
  }

  blobPath(digest: string): string {
    return join(this.path, 'blobs', digest.replace(':', '/'));
  }

  tag(tag: string | null, descriptor: MadeDescriptor): this {
    const annotations = tag === null ? {} : { annotations: { 'org.opencontainers.image.ref.name': tag } };
    this.#entries.push({ ...descriptor, ...annotations });
    writeFileSync(join(this.path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: this.#entries }));
    return this;
  }
}

/** The digest of the only image of a layout. */
export function digestIn(layout: string): string {
  const { manifests }: { manifests: { digest: string }[] } = JSON.parse(
    readFileSync(join(layout, 'index.json'), 'utf8'),
  );
  return manifests[0]?.digest ?? '';
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
