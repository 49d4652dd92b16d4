import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { ImageError } from './errors.ts';
import { Layout } from './layout.ts';
import { type Configuration, parseConfiguration, parseManifest } from './manifests.ts';
import type { Origin } from './origin.ts';

/** How a process is started from an image, as its configuration says; empty where it says nothing. */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** `NAME=VALUE` */
  readonly environment: readonly string[];
  /** `user`, `user:group`, or numbers; empty: root. */
  readonly user: string;
  readonly workingDirectory: string;
  /** `80/tcp` */
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
  /** `SIGTERM` or a number; null: SIGTERM. */
  readonly stopSignal: string | null;
}

export interface ImageLayer {
  readonly digest: string;
  readonly mediaType: string;
  /** In bytes, compressed. */
  readonly size: number;
}

/** What an image is, whatever its names. */
export interface ImageContent {
  /** Of the manifest in the store. It differs from that in the registry if layers were compressed again. */
  readonly manifestDigest: string;
  /** Of the manifest for this host where the image came from. */
  readonly originDigest: string;
  /** What the name stood for there: the same, or an index of several. An earlier version has not kept it. */
  readonly topDigest?: string;
  /** As the image says, RFC 3339; null if it does not. */
  readonly created: string | null;
  /** In bytes: manifest, configuration and compressed layers. */
  readonly size: number;
  /** As the image says: `amd64`; empty if it does not. */
  readonly architecture: string;
  readonly config: ImageConfig;
  readonly layers: readonly ImageLayer[];
}

/** Describes the only image of a layout. */
export async function readImage(
  layoutPath: string,
  { digest, manifestDigest }: Pick<Origin, 'digest' | 'manifestDigest'>,
  action: string,
): Promise<ImageContent> {
  const layout = new Layout(layoutPath, '.', action);
  const { manifests } = await layout.index();
  const [entry] = manifests;
  if (entry === undefined) throw new ImageError('host', action, 'skopeo has written no manifest');
  const document = await layout.document(entry.digest);
  const parsed = parseManifest(document, action);
  if ('index' in parsed) throw new ImageError('host', action, 'skopeo has written an index instead of a manifest');
  const { config, layers } = parsed.manifest;
  const configuration = parseConfiguration(await layout.document(config.digest), action);
  if (configuration.os !== 'linux') {
    throw new ImageError('unsupported', action, `it is for ${configuration.os || 'no named system'}, not for linux`);
  }
  return {
    manifestDigest: entry.digest,
    originDigest: manifestDigest,
    topDigest: digest,
    created: configuration.created ?? null,
    size: document.length + config.size + layers.reduce((sum, { size }) => sum + size, 0),
    architecture: configuration.architecture ?? '',
    config: configOf(configuration),
    layers: layers.map(({ digest, mediaType, size }) => ({ digest, mediaType, size })),
  };
}

function configOf({ config }: Configuration): ImageConfig {
  return {
    entrypoint: config?.Entrypoint ?? [],
    command: config?.Cmd ?? [],
    // Docker starts images with others, too, and no program can read them.
    environment: (config?.Env ?? []).filter((entry) => entry.indexOf('=') > 0),
    user: config?.User ?? '',
    workingDirectory: config?.WorkingDir ? posix.join('/', config.WorkingDir) : '',
    exposedPorts: Object.keys(config?.ExposedPorts ?? {}),
    volumes: Object.keys(config?.Volumes ?? {}),
    stopSignal: config?.StopSignal || null,
  };
}

/** Null: there is none, or it cannot be understood. */
export async function readContentFile(directory: string): Promise<ImageContent | null> {
  try {
    // Written by this store alone, and moved to its place only when it was complete.
    return JSON.parse(await readFile(join(directory, 'image.json'), 'utf8'));
  } catch {
    return null;
  }
}
