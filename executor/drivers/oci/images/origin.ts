import { lstat, realpath, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { extractArchive } from './archive.ts';
import { ImageError } from './errors.ts';
import { chooseTag, Layout, linkLayout } from './layout.ts';
import { checkManifest, choosePlatform, digestOf, type Manifest, parseManifest } from './manifests.ts';
import type { ImageName } from './names.ts';
import type { Limits } from './settings.ts';
import type { Skopeo, Work } from './skopeo.ts';
import { type ImageSource, pathBelow } from './sources.ts';

/** An image where it comes from: its manifest has been read and checked, its layers have not been copied yet. */
export interface Origin {
  /** What its name stands for there: a manifest, or an index of those of several platforms. */
  readonly digest: string;
  /** The manifest for this host; the same if there is only one. */
  readonly manifestDigest: string;
  /** Copies it into a new layout, whose name is relative to the work's directory. */
  copy(layout: string): Promise<void>;
}

export interface Importing {
  readonly skopeo: Skopeo;
  readonly limits: Limits;
  /** Null: there is none, and nothing can be imported. */
  readonly importDirectory: string | null;
}

/** Reads what an image is, without its layers where that is possible. */
export async function openOrigin(source: ImageSource, importing: Importing, work: Work): Promise<Origin> {
  if (source.transport === 'docker') return openRegistry(source.name, importing, work);
  const { importDirectory, limits, skopeo } = importing;
  if (importDirectory === null) {
    throw new ImageError(
      'unsupported',
      work.action,
      'there is no directory for imports: image_import_dir of the hypervisor names none',
    );
  }
  const path = await pathBelow(importDirectory, source.file, work.action);
  if (source.transport !== 'oci' && !(await lstat(path)).isFile()) {
    throw new ImageError('invalid', work.action, `${source.file} is no regular file`);
  }
  switch (source.transport) {
    case 'oci': {
      const layout = new Layout(await realpath(importDirectory), source.file, work.action);
      return openLayout(layout, source.tag, importing, work);
    }
    case 'oci-archive': {
      await extractArchive(path, join(work.directory, 'archive'), limits, work);
      return openLayout(new Layout(join(work.directory, 'archive'), '.', work.action), null, importing, work);
    }
    case 'docker-archive': {
      // A link, since skopeo takes what follows a colon in a path for a tag.
      await symlink(path, join(work.directory, 'source'));
      await skopeo.import('docker-archive:source', 'converted', work);
      const converted = new Layout(join(work.directory, 'converted'), '.', work.action);
      const origin = await openLayout(converted, null, importing, work);
      const copy = (layout: string) => rename(join(work.directory, 'converted'), join(work.directory, layout));
      return { ...origin, copy };
    }
  }
}

async function openRegistry(name: ImageName, { skopeo, limits }: Importing, work: Work): Promise<Origin> {
  const byDigest = (digest: string): ImageName => ({ ...name, tag: null, digest });
  const read = async (digest: string) => {
    const content = await skopeo.readManifest(byDigest(digest), work);
    if (digestOf(content) === digest) return content;
    throw new ImageError('invalid', work.action, `the registry has sent ${digestOf(content)} for ${digest}`);
  };
  const top = name.digest === null ? await skopeo.readManifest(name, work) : await read(name.digest);
  const { digest } = await chooseManifest(top, read, limits, work);
  // By its digest, so that what is copied is what was checked, even if the tag moves meanwhile.
  return { digest: digestOf(top), manifestDigest: digest, copy: (to) => skopeo.download(byDigest(digest), to, work) };
}

async function openLayout(
  layout: Layout,
  tag: string | null,
  { skopeo, limits }: Importing,
  work: Work,
): Promise<Origin> {
  const { digest: top } = chooseTag(await layout.index(), tag, work.action);
  const read = (digest: string) => layout.document(digest);
  const { digest, manifest, content } = await chooseManifest(await read(top), read, limits, work);
  const copy = async (to: string) => {
    const blobs = new Map<string, string>();
    const needed = [digest, manifest.config.digest, ...manifest.layers.map((layer) => layer.digest)];
    for (const each of needed) blobs.set(each, await layout.blob(each));
    const mediaType = mediaTypeOf(content);
    await linkLayout(join(work.directory, 'incoming'), { mediaType, digest, size: content.length }, blobs);
    await skopeo.import('oci:incoming:image', to, work);
  };
  return { digest: top, manifestDigest: digest, copy };
}

/** The manifest for this host, checked: `top` is one, or an index that names one. */
async function chooseManifest(
  top: Buffer,
  read: (digest: string) => Promise<Buffer>,
  limits: Limits,
  work: Work,
): Promise<{ digest: string; manifest: Manifest; content: Buffer }> {
  const { action } = work;
  const parsed = parseManifest(top, action);
  const content = 'index' in parsed ? await read(choosePlatform(parsed.index, action).digest) : top;
  const chosen = 'index' in parsed ? parseManifest(content, action) : parsed;
  if ('index' in chosen) throw new ImageError('unsupported', action, 'its index names another index');
  checkManifest(chosen.manifest, action);
  const bytes = chosen.manifest.layers.reduce((sum, { size }) => sum + size, 0);
  if (bytes > limits.compressedBytes) {
    throw new ImageError('limit', action, `its layers are of ${bytes} bytes, over ${limits.compressedBytes}`);
  }
  return { digest: digestOf(content), manifest: chosen.manifest, content };
}

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** An OCI manifest need not name its own type. */
function mediaTypeOf(manifest: Buffer): string {
  const { mediaType }: { mediaType?: unknown } = JSON.parse(manifest.toString('utf8'));
  return typeof mediaType === 'string' ? mediaType : OCI_MANIFEST;
}
