import { resolve } from 'node:path';
import { buildContent } from './build.ts';
import { asImageError, ImageError } from './errors.ts';
import { ImageFiles, type NameRecord } from './files.ts';
import type { ImageContent } from './image.ts';
import { keyOfDigest } from './keys.ts';
import { refuseLocal } from './local-addresses.ts';
import { canonicalName, familiarName, type ImageName, parseImageName, repositoryOf } from './names.ts';
import { type Origin, openOrigin } from './origin.ts';
import { Programs } from './programs.ts';
import { Queue } from './queue.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMINGS, type Limits, type Log, type Timings } from './settings.ts';
import { SharedTasks } from './sharing.ts';
import { Skopeo, type Work } from './skopeo.ts';
import { type ImageSource, parseImageSource } from './sources.ts';
import { isMounted } from './used.ts';

export interface ImageStoreOptions {
  /** Made if it is missing; one process at a time may open it. */
  readonly directory: string;
  readonly log?: Log;
  readonly limits?: Partial<Limits>;
  readonly timings?: Partial<Timings>;
  /** Whether a root must stay although no name stands for it; by default, whether this process sees a mount of it. */
  readonly isUsed?: (root: string) => boolean | Promise<boolean>;
  /** Where programs are; by default on PATH and where Debian has them. */
  readonly searchPath?: string;
}

export interface Image extends ImageContent {
  /** As people know it: `ubuntu:14.04`. */
  readonly name: string;
  /** What the name stood for where the image came from: a manifest, or an index of several. */
  readonly digest: string;
  /** Its unpacked tree, for overlay mounts to have as their lower directory. Nothing may write there. */
  readonly root: string;
}

/** What a pull may use of this host, as its hypervisor is configured now. */
export interface PullSettings {
  /** Users and passwords of registries (containers-auth.json(5)); null: none is used. */
  readonly credentialsFile: string | null;
  /** What `oci:` and archives are names below; null: nothing can be imported. */
  readonly importDirectory: string | null;
  /** Whether the registry may be this host, or have a link-local address. */
  readonly mayBeLocal: boolean;
}

export interface PullRequest extends PullSettings {
  readonly name: string;
  /** `docker://…`, `oci:…`, `oci-archive:…` or `docker-archive:…`; by default the name in its registry. */
  readonly source?: string;
  readonly signal?: AbortSignal;
}

/** The images of this host. All calls throw an {@link ImageError}. */
export interface ImageStore {
  /** By their names. */
  list(): Promise<Image[]>;
  /** Without network. A digest also finds an image of its repository that was pulled by a tag, and one that has lost its name since. */
  find(name: string): Promise<Image | null>;
  /**
   * Brings an image, in place of the one that has the name. Callers that want the same at the same time share it, and
   * it is given up when all of them have. What is there already is not copied again; by digest it needs no network.
   */
  pull(request: PullRequest): Promise<Image>;
  /** Removes a name, and what no other name and no mount needs any more. One that is missing is no error. */
  remove(name: string): Promise<void>;
  /** Gives up what is being pulled, and waits until that has cleared up. */
  close(): Promise<void>;
}

/** Opens the store of a directory, and removes what an earlier process has left there. */
export async function openImageStore(options: ImageStoreOptions): Promise<ImageStore> {
  const store = new Store(options);
  try {
    await store.open();
  } catch (cause) {
    throw asImageError(cause, `open the images in ${options.directory}`);
  }
  return store;
}

class Store implements ImageStore {
  readonly #files: ImageFiles;
  readonly #programs: Programs;
  readonly #skopeo: Skopeo;
  readonly #limits: Limits;
  readonly #timings: Timings;
  readonly #log: Log;
  readonly #isUsed: (root: string) => boolean | Promise<boolean>;
  readonly #pulls = new SharedTasks<Image>();
  /** Changes of names and of contents, one after another. */
  readonly #changes = new Queue();
  /** Contents that pulls rely on, although no name stands for them yet. */
  readonly #held = new Map<string, number>();
  #isClosed = false;

  constructor(options: ImageStoreOptions) {
    this.#log = options.log ?? (() => {});
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#timings = { ...DEFAULT_TIMINGS, ...options.timings };
    this.#files = new ImageFiles(resolve(options.directory), this.#log);
    this.#programs = new Programs(options.searchPath);
    this.#isUsed = options.isUsed ?? isMounted;
    this.#skopeo = new Skopeo({ programs: this.#programs, limits: this.#limits, timings: this.#timings });
  }

  async open(): Promise<void> {
    await this.#files.open();
    await this.#changes.run(() => this.#collect());
  }

  async list(): Promise<Image[]> {
    return attempt('list images', async () => {
      const images = await Promise.all((await this.#files.readNames()).map((record) => this.#image(record)));
      return images.filter((image) => image !== null).sort((left, right) => (left.name < right.name ? -1 : 1));
    });
  }

  async find(name: string): Promise<Image | null> {
    return attempt(`find the image ${name}`, async () => {
      const wanted = parseImageName(name);
      const record = await this.#files.readName(canonicalName(wanted));
      const found = record === null ? null : await this.#image(record);
      return found ?? (await this.#findByDigest(wanted));
    });
  }

  async pull({ name, source, signal = new AbortController().signal, ...settings }: PullRequest): Promise<Image> {
    const wanted = parseImageName(name);
    const from: ImageSource = source === undefined ? { transport: 'docker', name: wanted } : parseImageSource(source);
    const action = `pull ${familiarName(wanted)}`;
    if (this.#isClosed) throw closedError(action);
    const key = JSON.stringify([canonicalName(wanted), from, settings]);
    return this.#pulls.run(key, action, signal, (shared) =>
      attempt(action, () => this.#pull(wanted, from, settings, { action, signal: shared })),
    );
  }

  async remove(name: string): Promise<void> {
    await attempt(`remove the image ${name}`, async () => {
      const canonical = canonicalName(parseImageName(name));
      await this.#changes.run(async () => {
        await this.#files.removeName(canonical);
        await this.#collect();
      });
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pulls.abort(closedError('pull'));
    await this.#changes.run(async () => {});
  }

  async #pull(
    wanted: ImageName,
    from: ImageSource,
    { credentialsFile, importDirectory, mayBeLocal }: PullSettings,
    { action, signal }: Pick<Work, 'action' | 'signal'>,
  ): Promise<Image> {
    if (wanted.digest !== null && from.transport === 'docker') {
      // What a digest stands for never changes.
      const record = await this.#files.readName(canonicalName(wanted));
      const there = record === null ? null : await this.#image(record);
      if (there !== null) return there;
    }
    if (from.transport === 'docker' && !mayBeLocal) await refuseLocal(from.name, action);
    const work: Work = {
      ...{ action, signal, directory: await this.#files.stage() },
      credentialsFile: credentialsFile === null ? null : resolve(credentialsFile),
    };
    let held: string | null = null;
    try {
      const { limits, skopeo } = { limits: this.#limits, skopeo: this.#skopeo };
      const origin = await openOrigin(from, { skopeo, limits, importDirectory }, work);
      checkDigest(wanted, origin, action);
      const key = keyOfDigest(origin.manifestDigest);
      this.#hold(key);
      held = key;
      // After a removal that may be at work, so that what is there stays there.
      const isThere = await this.#changes.run(async () => (await this.#files.readContent(key)) !== null);
      const staged = isThere ? null : await this.#build(origin, work);
      const record = { name: canonicalName(wanted), digest: origin.digest, content: key };
      return await this.#publish(record, staged, action);
    } finally {
      if (held !== null) this.#release(held);
      await this.#files.discard(work.directory);
    }
  }

  #build(origin: Origin, work: Work): Promise<string> {
    const options = { programs: this.#programs, limits: this.#limits, timings: this.#timings, log: this.#log };
    return buildContent(origin, options, work);
  }

  /** Another pull may have brought the same content under another name meanwhile: then that is it. */
  async #publish(record: NameRecord, staged: string | null, action: string): Promise<Image> {
    return this.#changes.run(async () => {
      if (staged !== null && (await this.#files.readContent(record.content)) === null) {
        await this.#files.placeContent(staged, record.content);
      }
      const image = await this.#image(record);
      if (image === null) throw new ImageError('host', action, 'its files were removed while it was pulled');
      await this.#files.noteRepository(record.content, repositoryOf(parseImageName(record.name)));
      await this.#files.writeName(record);
      await this.#collect();
      return image;
    });
  }

  async #image(record: NameRecord): Promise<Image | null> {
    const content = await this.#files.readContent(record.content);
    if (content === null) {
      this.#log('warn', 'the files of an image are not there', { name: record.name });
      return null;
    }
    const name = familiarName(parseImageName(record.name));
    return { ...content, name, digest: record.digest, root: this.#files.rootDirectory(record.content) };
  }

  async #findByDigest(wanted: ImageName): Promise<Image | null> {
    if (wanted.digest === null) return null;
    for (const record of await this.#files.readNames()) {
      if (repositoryOf(parseImageName(record.name)) !== repositoryOf(wanted)) continue;
      const image = await this.#image(record);
      if (image !== null && [image.digest, image.originDigest].includes(wanted.digest)) return image;
    }
    return this.#findNameless(wanted, wanted.digest);
  }

  /** Its name stands for another one by now, and a container still needs it. */
  async #findNameless(wanted: ImageName, digest: string): Promise<Image | null> {
    for (const key of await this.#files.contentKeys()) {
      const content = await this.#files.readContent(key);
      if (content === null || ![content.topDigest, content.originDigest].includes(digest)) continue;
      // Of another repository it is not known whether its registry has it.
      if (!(await this.#files.repositories(key)).includes(repositoryOf(wanted))) continue;
      return { ...content, name: familiarName(wanted), digest, root: this.#files.rootDirectory(key) };
    }
    return null;
  }

  /** Removes the contents that nothing needs any more. */
  async #collect(): Promise<void> {
    const named = new Set((await this.#files.readNames()).map(({ content }) => content));
    for (const key of await this.#files.contentKeys()) {
      if (named.has(key) || this.#held.has(key)) continue;
      if (!(await this.#isUsed(this.#files.rootDirectory(key)))) await this.#files.discardContent(key);
    }
  }

  #hold(key: string): void {
    this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
  }

  #release(key: string): void {
    const left = (this.#held.get(key) ?? 1) - 1;
    if (left === 0) this.#held.delete(key);
    else this.#held.set(key, left);
  }
}

/** The digest in a name holds for every source; either the index or the manifest has it. */
function checkDigest({ digest }: ImageName, origin: Origin, action: string): void {
  if (digest === null || digest === origin.digest || digest === origin.manifestDigest) return;
  throw new ImageError('invalid', action, `the source has ${origin.digest}`);
}

function closedError(action: string): ImageError {
  return new ImageError('aborted', action, 'the images were closed');
}

async function attempt<T>(action: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (cause) {
    throw asImageError(cause, action);
  }
}
