import { access, constants } from 'node:fs/promises';
import { complaintError } from './complaints.ts';
import { ImageError } from './errors.ts';
import { watchGrowth } from './growth.ts';
import { MANIFEST_BYTES } from './manifests.ts';
import { canonicalName, type ImageName, isLoopback } from './names.ts';
import type { Programs } from './programs.ts';
import type { Limits, Timings } from './settings.ts';

/** What one pull or import works with. */
export interface Work {
  /** `pull ubuntu:14.04` */
  readonly action: string;
  /** A directory of its own, in the file system of the store. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** Users and passwords of registries, containers-auth.json(5); null: registries are read without a user. */
  readonly credentialsFile: string | null;
}

export interface SkopeoOptions {
  readonly programs: Programs;
  readonly limits: Limits;
  readonly timings: Timings;
}

/** A layout is named by its directory below that of the work, so that no path needs to be without colons. */
export const TAG = 'image';

/** skopeo(1): reads manifests of registries and copies images into OCI layouts. */
export class Skopeo {
  readonly #options: SkopeoOptions;

  constructor(options: SkopeoOptions) {
    this.#options = options;
  }

  /** The bytes of a manifest or of an index, as the registry has it. */
  async readManifest(name: ImageName, work: Work): Promise<Buffer> {
    const { timings } = this.#options;
    const credentials = await readable(work);
    const args = [
      ...['inspect', '--raw', `--tls-verify=${!isLoopback(name)}`],
      ...(credentials === null ? ['--no-creds'] : ['--authfile', credentials]),
      `docker://${canonicalName(name)}`,
    ];
    return this.#run(args, work, timings.manifest, MANIFEST_BYTES);
  }

  /** Downloads one manifest with its blobs into a new layout. */
  async download(name: ImageName, layout: string, work: Work): Promise<void> {
    const credentials = await readable(work);
    const args = [
      `--src-tls-verify=${!isLoopback(name)}`,
      ...(credentials === null ? ['--src-no-creds'] : ['--src-authfile', credentials]),
      `docker://${canonicalName(name)}`,
    ];
    await this.#copy(args, layout, work, this.#options.timings.silence);
  }

  /** Copies an image of this machine into a new layout; `source` is `oci:…` or `docker-archive:…`, below the work's directory. */
  async import(source: string, layout: string, work: Work): Promise<void> {
    await this.#copy([source], layout, work, null);
  }

  async #copy(source: readonly string[], layout: string, work: Work, silence: number | null): Promise<void> {
    const { limits, timings } = this.#options;
    const growth = watchGrowth({
      ...work,
      limitBytes: limits.compressedBytes,
      silenceMs: silence,
      intervalMs: timings.watch,
    });
    try {
      // umoci reads no other compression than gzip; layers that have it already stay as they are.
      const args = [
        'copy',
        '--quiet',
        '--format',
        'oci',
        '--dest-compress-format',
        'gzip',
        ...source,
        `oci:${layout}:${TAG}`,
      ];
      await this.#run(args, { ...work, signal: growth.signal }, timings.copy);
    } finally {
      growth.stop();
    }
  }

  async #run(args: readonly string[], work: Work, deadlineMs: number, answerBytes?: number): Promise<Buffer> {
    const { programs } = this.#options;
    const ended = await programs.run({
      ...{ program: 'skopeo', args, deadlineMs, ...work },
      ...(answerBytes === undefined ? {} : { answerBytes }),
    });
    if (ended.code !== 0) throw complaintError(work.action, 'skopeo', ended.complaint);
    return ended.answer;
  }
}

/** skopeo says of a missing file only that the registry wants a user. */
async function readable({ credentialsFile, action }: Work): Promise<string | null> {
  if (credentialsFile === null) return null;
  try {
    await access(credentialsFile, constants.R_OK);
  } catch (cause) {
    throw new ImageError('denied', action, `the credentials file ${credentialsFile} cannot be read`, { cause });
  }
  return credentialsFile;
}
