import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { WORDS_CHARACTERS_MAX, WORDS_MAX } from '../../../../schema/images/words.ts';
import { ImageError } from './errors.ts';

/*
 * Documents of images: the OCI image specification 1.0 (index, manifest, configuration), and Docker's image manifest
 * version 2, schema 2, which has the same shape.
 */

/** Registries refuse larger manifests, too. */
export const MANIFEST_BYTES = 4_194_304;

const digestSchema = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/));
const descriptorSchema = v.object({
  mediaType: v.string(),
  digest: digestSchema,
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  urls: v.nullish(v.array(v.string())),
});
const platformSchema = v.object({ os: v.string(), architecture: v.string(), variant: v.nullish(v.string()) });
const indexEntrySchema = v.object({
  ...descriptorSchema.entries,
  platform: v.nullish(platformSchema),
  annotations: v.nullish(v.record(v.string(), v.string())),
});
const indexSchema = v.object({ manifests: v.array(indexEntrySchema) });
const manifestSchema = v.object({ config: descriptorSchema, layers: v.array(descriptorSchema) });
const listSchema = v.nullish(
  v.pipe(
    v.array(v.string()),
    v.maxLength(WORDS_MAX, `over ${WORDS_MAX} entries`),
    v.check(
      (words) => words.reduce((sum, { length }) => sum + length, 0) <= WORDS_CHARACTERS_MAX,
      `over ${WORDS_CHARACTERS_MAX} characters`,
    ),
    v.check((words) => words.every((word) => !word.includes('\0')), 'has a NUL'),
  ),
);
const keysSchema = v.nullish(v.record(v.string(), v.unknown()));
const configurationSchema = v.object({
  created: v.nullish(v.string()),
  architecture: v.nullish(v.string()),
  os: v.nullish(v.string()),
  config: v.nullish(
    v.object({
      Entrypoint: listSchema,
      Cmd: listSchema,
      Env: listSchema,
      User: v.nullish(v.string()),
      WorkingDir: v.nullish(v.string()),
      ExposedPorts: keysSchema,
      Volumes: keysSchema,
      StopSignal: v.nullish(v.string()),
    }),
  ),
});

export type Descriptor = v.InferOutput<typeof descriptorSchema>;
export type Index = v.InferOutput<typeof indexSchema>;
export type IndexEntry = v.InferOutput<typeof indexEntrySchema>;
export type Manifest = v.InferOutput<typeof manifestSchema>;
export type Configuration = v.InferOutput<typeof configurationSchema>;

const CONFIGURATIONS = ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json'];
const LAYER = /^application\/vnd\.oci\.image\.layer\.(?:nondistributable\.)?v1\.tar(?:\+gzip|\+zstd)?$/;
const DOCKER_LAYER = /^application\/vnd\.docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:\.gzip|\.zstd)?$/;

export function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** An index of manifests (for several platforms), or one manifest. */
export function parseManifest(content: Buffer, action: string): { index: Index } | { manifest: Manifest } {
  const document = parseJson(content, action, 'manifest');
  if (isObject(document) && document.schemaVersion === 1) {
    throw new ImageError('unsupported', action, 'its manifest is of schema version 1, which Docker has given up');
  }
  if (isObject(document) && 'manifests' in document) return { index: check(indexSchema, document, action, 'index') };
  return { manifest: check(manifestSchema, document, action, 'manifest') };
}

export function parseIndex(content: Buffer, action: string): Index {
  return check(indexSchema, parseJson(content, action, 'index'), action, 'index');
}

export function parseConfiguration(content: Buffer, action: string): Configuration {
  return check(configurationSchema, parseJson(content, action, 'configuration'), action, 'configuration');
}

/** Refuses what is no image, layers of unknown types and layers that are elsewhere (`unsupported`). */
export function checkManifest({ config, layers }: Manifest, action: string): void {
  if (!CONFIGURATIONS.includes(config.mediaType)) {
    throw new ImageError('unsupported', action, `it is no image: its configuration is of the type ${config.mediaType}`);
  }
  for (const { mediaType, digest, urls } of layers) {
    if (!LAYER.test(mediaType) && !DOCKER_LAYER.test(mediaType)) {
      throw new ImageError('unsupported', action, `the layer ${digest} is of the unknown type ${mediaType}`);
    }
    if (urls && urls.length > 0) {
      throw new ImageError(
        'unsupported',
        action,
        `the layer ${digest} is not in the image but at an address of its own`,
      );
    }
  }
}

/** As images name the architectures that Node names differently. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };
const ARM_VARIANT = 'v7';

export const HOST_ARCHITECTURE = ARCHITECTURES[process.arch] ?? process.arch;

/** The manifest of an index for a platform; the only one may be without a platform. */
export function choosePlatform({ manifests }: Index, action: string, architecture = HOST_ARCHITECTURE): IndexEntry {
  const fitting = manifests.filter(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === architecture,
  );
  const preferred =
    architecture === 'arm' ? fitting.find(({ platform }) => platform?.variant === ARM_VARIANT) : undefined;
  const only = manifests.length === 1 && !manifests[0]?.platform ? manifests[0] : undefined;
  const chosen = preferred ?? fitting[0] ?? only;
  if (chosen !== undefined) return chosen;
  const has = manifests.flatMap(({ platform }) => (platform ? [`${platform.os}/${platform.architecture}`] : []));
  const offered = has.length === 0 ? 'none' : [...new Set(has)].join(', ');
  throw new ImageError('unsupported', action, `it is not for linux/${architecture}, but for ${offered}`);
}

function parseJson(content: Buffer, action: string, what: string): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    throw new ImageError('invalid', action, `its ${what} is not JSON`);
  }
}

function check<Schema extends v.GenericSchema>(
  schema: Schema,
  document: unknown,
  action: string,
  what: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, document);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new ImageError(
    'invalid',
    action,
    `its ${what} is wrong: ${v.getDotPath(issue) ?? 'all of it'}: ${issue.message}`,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
