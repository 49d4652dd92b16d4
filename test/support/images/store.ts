import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImageError } from '../../../executor/drivers/oci/images/errors.ts';
import {
  type Image,
  type ImageStore,
  type ImageStoreOptions,
  openImageStore,
  type PullRequest,
  type PullSettings,
} from '../../../executor/drivers/oci/images/store.ts';
import { temporaryDirectory } from '../database.ts';
import { whenFinished } from '../shared.ts';

/** A store whose pulls are configured, unless they say otherwise: registries of tests are on loopback. */
export interface ConfiguredStore extends Omit<ImageStore, 'pull'> {
  pull(request: Partial<PullSettings> & Omit<PullRequest, keyof PullSettings>): Promise<Image>;
}

export interface TestStore {
  readonly store: ConfiguredStore;
  readonly directory: string;
  readonly imports: string;
}

/** A store of the running test, in a directory of its own. */
export async function openStore({
  credentialsFile = null,
  importDirectory,
  ...options
}: Partial<ImageStoreOptions & PullSettings> = {}): Promise<TestStore> {
  const imports = importDirectory ?? join(temporaryDirectory(), 'imports');
  mkdirSync(imports, { recursive: true });
  const directory = options.directory ?? join(temporaryDirectory(), 'images');
  const opened = await openImageStore({ ...options, directory });
  whenFinished(() => opened.close());
  const settings = { credentialsFile, importDirectory: imports, mayBeLocal: true };
  const store: ConfiguredStore = {
    list: () => opened.list(),
    find: (name) => opened.find(name),
    pull: (request) => opened.pull({ ...settings, ...request }),
    remove: (name) => opened.remove(name),
    close: () => opened.close(),
  };
  return { store, directory, imports };
}

/** What is in the directory of a store: its parts, and how many names, contents and unfinished pulls there are. */
export function countsIn(directory: string): Record<string, number> {
  return Object.fromEntries(readdirSync(directory).map((part) => [part, readdirSync(join(directory, part)).length]));
}

/** An empty store, or one with so many names for so many contents, and no unfinished pull. */
export function counts(names: number, contents = names): Record<string, number> {
  return { names, contents, staging: 0 };
}

/** The error of a call that must fail. */
export async function errorOf(call: Promise<unknown>): Promise<ImageError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ImageError) return error;
    throw error;
  }
  throw new Error('it has not failed');
}

/** A script in place of a program of the host. */
export interface Replacement {
  readonly program: string;
  /** Of sh(1); `$REAL` is the program that it replaces. */
  readonly script: string;
}

/** A search path on which scripts come before the programs that they replace. */
export function searchPathWith(...replacements: readonly Replacement[]): string {
  const directory = temporaryDirectory();
  for (const { program, script } of replacements) {
    const real = ['/usr/bin', '/bin'].map((each) => join(each, program)).find((path) => existsSync(path));
    writeFileSync(join(directory, program), `#!/bin/sh\nREAL=${real}\n${script}\n`);
    chmodSync(join(directory, program), 0o755);
  }
  return `${directory}:/usr/bin:/bin`;
}

/** A search path on which skopeo notes its arguments; and what it has noted so far, a line for each process. */
export function notedSkopeo(): { searchPath: string; lines(): string[] } {
  const notes = join(temporaryDirectory(), 'notes');
  const searchPath = searchPathWith({ program: 'skopeo', script: `echo "$@" >> ${notes}\nexec $REAL "$@"` });
  return { searchPath, lines: () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : []) };
}

export function isRunning(pid: number): boolean {
  try {
    // One that nobody has waited for yet has no arguments any more.
    return readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    return false;
  }
}
