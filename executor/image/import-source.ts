import { execFileSync } from 'node:child_process';
import { realpathSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

/** What an import must know of its hypervisor. */
export interface ImportHost {
  readonly hypervisor: string;
  /** Its `image_import_dir`; undefined: it has none. */
  readonly directory: string | undefined;
}

/**
 * The source of a file for POST /images. Nothing is copied: weft reads the file where it is, so it must be below the
 * directory for imports. Throws in one sentence what to do.
 */
export function importSource(file: string, { hypervisor, directory }: ImportHost): string {
  if (directory === undefined) {
    throw new Error(
      `${hypervisor} has no directory for imports; PATCH /hypervisors/${hypervisor}/config {"image_import_dir":"/DIRECTORY"} sets it`,
    );
  }
  const base = found(directory, `the directory for imports, ${directory},`);
  const path = found(resolve(file)) ?? found(join(base ?? directory, file));
  if (base === undefined || path === undefined) throw new Error(`there is no file ${file}, here or in ${directory}`);
  const name = relative(base, path);
  if (name === '' || name === '..' || name.startsWith(`..${sep}`)) {
    throw new Error(
      `${file} is not below ${directory}, the directory for imports of ${hypervisor}: copy it there first`,
    );
  }
  return `${transportOf(path)}:${name}`;
}

/** Its real path; `what`: it must exist. */
function found(path: string, what?: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (cause) {
    if (what === undefined) return undefined;
    throw new Error(`${what} does not exist on this machine`, { cause });
  }
}

/** A layout is a directory; an archive of one has its `oci-layout`, which `docker save` of older versions does not write. */
function transportOf(path: string): 'oci' | 'oci-archive' | 'docker-archive' {
  if (statSync(path).isDirectory()) return 'oci';
  return /^(?:\.\/)?oci-layout$/m.test(namesIn(path)) ? 'oci-archive' : 'docker-archive';
}

function namesIn(archive: string): string {
  const args = ['--force-local', '--list', '--file', archive];
  try {
    return execFileSync('tar', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 });
  } catch (cause) {
    throw new Error(`${archive} is neither a layout nor an archive`, { cause });
  }
}
