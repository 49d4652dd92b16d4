import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { isFileError } from './errors.ts';
import { type ImageContent, readContentFile } from './image.ts';
import { keyOfName } from './keys.ts';
import { parseImageName } from './names.ts';
import type { Log } from './settings.ts';

/*
 * The directory of a store:
 *
 *   names/<hash of the name>.json    which content a name stands for
 *   contents/<digest>/               layout/ (of this image alone), root/ (its unpacked tree), image.json
 *   staging/<random>/                pulls at work, and what is being removed
 *
 * What is in names and contents was complete before it was moved there with one rename(2).
 */

const nameSchema = v.object({ name: v.string(), digest: v.string(), content: v.string() });
const repositoriesSchema = v.array(v.string());

export type NameRecord = Readonly<v.InferOutput<typeof nameSchema>>;

/** Nobody but root: images have files that run as root whoever starts them. */
const PRIVATE = 0o700;
const PRIVATE_FILE = 0o600;

export class ImageFiles {
  readonly #names: string;
  readonly #contents: string;
  readonly #staging: string;
  readonly #log: Log;

  constructor(directory: string, log: Log) {
    this.#names = join(directory, 'names');
    this.#contents = join(directory, 'contents');
    this.#staging = join(directory, 'staging');
    this.#log = log;
  }

  /** Makes the directories, and removes what pulls that were killed have left. */
  async open(): Promise<void> {
    for (const directory of [this.#names, this.#contents, this.#staging]) {
      await mkdir(directory, { recursive: true, mode: PRIVATE });
      await chmod(directory, PRIVATE);
    }
    const leftovers = await readdir(this.#staging);
    if (leftovers.length > 0) this.#log('info', 'removing what pulls have left', { count: leftovers.length });
    for (const name of leftovers) await this.discard(join(this.#staging, name));
  }

  /** A new directory for one pull. */
  async stage(): Promise<string> {
    const directory = join(this.#staging, randomUUID());
    await mkdir(directory, { mode: PRIVATE });
    return directory;
  }

  contentDirectory(key: string): string {
    return join(this.#contents, key);
  }

  rootDirectory(key: string): string {
    return join(this.contentDirectory(key), 'root');
  }

  /** Null: it is not there, or not whole. */
  async readContent(key: string): Promise<ImageContent | null> {
    const root = await stat(this.rootDirectory(key)).catch(() => null);
    return root?.isDirectory() ? readContentFile(this.contentDirectory(key)) : null;
  }

  /** Moves a complete content to its place; a broken one there makes way. */
  async placeContent(staged: string, key: string): Promise<void> {
    await this.discardContent(key);
    await rename(staged, this.contentDirectory(key));
    await syncDirectory(this.#contents);
  }

  /** Takes a content out of its place, so that it is never there in parts, and removes it. */
  async discardContent(key: string): Promise<void> {
    const discarded = join(this.#staging, randomUUID());
    try {
      await rename(this.contentDirectory(key), discarded);
    } catch (cause) {
      if (isFileError(cause, 'ENOENT')) return;
      throw cause;
    }
    await this.discard(discarded);
  }

  /** What cannot be removed now is in nobody's way, and is tried again at the next opening. */
  async discard(path: string): Promise<void> {
    try {
      await removeTree(path);
    } catch (cause) {
      this.#log('warn', 'files of an image cannot be removed', { path, reason: String(cause) });
    }
  }

  async contentKeys(): Promise<string[]> {
    return readdir(this.#contents);
  }

  /** The repositories in whose names the content was brought. */
  async repositories(key: string): Promise<readonly string[]> {
    try {
      return v.parse(repositoriesSchema, JSON.parse(await readFile(this.#repositoriesFile(key), 'utf8')));
    } catch (cause) {
      if (isFileError(cause, 'ENOENT')) return [];
      this.#log('warn', 'the repositories of an image cannot be read', { content: key, reason: String(cause) });
      return [];
    }
  }

  async noteRepository(key: string, repository: string): Promise<void> {
    const known = await this.repositories(key);
    if (known.includes(repository)) return;
    await this.#replace(this.#repositoriesFile(key), JSON.stringify([...known, repository]));
  }

  #repositoriesFile(key: string): string {
    return join(this.contentDirectory(key), 'repositories.json');
  }

  /** Null: no such name. */
  async readName(canonical: string): Promise<NameRecord | null> {
    return this.#readRecord(keyOfName(canonical));
  }

  async readNames(): Promise<NameRecord[]> {
    const records: NameRecord[] = [];
    for (const file of await readdir(this.#names)) {
      const record = await this.#readRecord(file);
      if (record !== null) records.push(record);
    }
    return records;
  }

  async writeName(record: NameRecord): Promise<void> {
    await this.#replace(join(this.#names, keyOfName(record.name)), JSON.stringify(record));
  }

  /** Survives a power failure, in full or not at all. */
  async #replace(path: string, text: string): Promise<void> {
    const written = join(this.#staging, randomUUID());
    const file = await open(written, 'wx', PRIVATE_FILE);
    try {
      await file.writeFile(text);
      await file.sync();
    } catch (cause) {
      await unlink(written);
      throw cause;
    } finally {
      await file.close();
    }
    await rename(written, path);
    await syncDirectory(dirname(path));
  }

  async removeName(canonical: string): Promise<void> {
    try {
      await unlink(join(this.#names, keyOfName(canonical)));
    } catch (cause) {
      if (isFileError(cause, 'ENOENT')) return;
      throw cause;
    }
    await syncDirectory(this.#names);
  }

  async #readRecord(file: string): Promise<NameRecord | null> {
    try {
      const record = v.parse(nameSchema, JSON.parse(await readFile(join(this.#names, file), 'utf8')));
      // An earlier version may have taken more names.
      parseImageName(record.name);
      return record;
    } catch (cause) {
      if (isFileError(cause, 'ENOENT')) return null;
      this.#log('warn', 'the file of an image name cannot be read', { file, reason: String(cause) });
      return null;
    }
  }
}

async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** So that a rename in it survives a power failure. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
