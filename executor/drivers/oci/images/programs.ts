import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ImageError } from './errors.ts';

/** The programs that are run, and the Debian packages that have them. */
const PACKAGES = { skopeo: 'skopeo', umoci: 'umoci', setpriv: 'util-linux', sync: 'coreutils' } as const;
export type ProgramName = keyof typeof PACKAGES;

/** Where Debian has them, in addition to PATH. */
const SYSTEM_DIRECTORIES = ['/usr/local/bin', '/usr/bin', '/bin'];
/** What a registry behind a proxy or with certificates of its own needs; nothing else is passed on. */
const PASSED_ON = ['PATH', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
const CERTIFICATES = ['SSL_CERT_FILE', 'SSL_CERT_DIR'];

/** The end of what a program says about its failure. */
const COMPLAINT_BYTES = 65_536;

export interface ProgramRun {
  readonly program: ProgramName;
  readonly args: readonly string[];
  /** The working directory, which is also the one for temporary files. */
  readonly directory: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** For errors: what is being done, with the name of the image. */
  readonly action: string;
  /** A longer answer is an error. */
  readonly answerBytes?: number;
}

export interface Ended {
  /** Null: it was killed by a signal. */
  readonly code: number | null;
  readonly answer: Buffer;
  /** The end of what it wrote to standard error. */
  readonly complaint: string;
}

/** Runs programs of the host, each in a process group of its own that ends with this process. */
export class Programs {
  readonly #directories: readonly string[];

  /** @param searchPath like PATH; by default PATH itself and Debian's directories */
  constructor(searchPath?: string) {
    const own = (searchPath ?? process.env.PATH ?? '').split(delimiter);
    this.#directories = [...own, ...(searchPath === undefined ? SYSTEM_DIRECTORIES : [])].filter((each) => each !== '');
  }

  /**
   * Waits until the program has ended, successfully or not. Throws an {@link ImageError} if it is not installed
   * (`missing_program`), misses its deadline (`timeout`) or is aborted: the signal's reason if that is an ImageError,
   * else `aborted`.
   */
  async run(run: ProgramRun): Promise<Ended> {
    const { action, signal } = run;
    if (signal.aborted) throw abortError(signal, action);
    const [wrapper, program] = [await this.#locate('setpriv', action), await this.#locate(run.program, action)];
    // A download does not outlive a process that was killed; prctl(2), PR_SET_PDEATHSIG.
    return execute(wrapper, ['--pdeathsig', 'KILL', program, ...run.args], run);
  }

  async #locate(name: ProgramName, action: string): Promise<string> {
    for (const directory of this.#directories) {
      const path = join(directory, name);
      const isThere = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isThere) return path;
    }
    const hint = `the host has no ${name}; apt-get install ${PACKAGES[name]}`;
    throw new ImageError('missing_program', action, hint);
  }
}

function execute(path: string, args: readonly string[], run: ProgramRun): Promise<Ended> {
  const { directory, signal, action, program, deadlineMs, answerBytes = COMPLAINT_BYTES } = run;
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, {
      cwd: directory,
      env: environment(directory),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const answer: Buffer[] = [];
    let answered = 0;
    let complaint: Buffer = Buffer.alloc(0);
    let failure: ImageError | null = null;
    const fail = (error: ImageError) => {
      failure ??= error;
      killGroup(child.pid);
    };
    const onAbort = () => fail(abortError(signal, action));
    const timer = setTimeout(() => {
      fail(new ImageError('timeout', action, `${program} did not end within ${Math.ceil(deadlineMs / 1_000)} s`));
    }, deadlineMs);
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    child.stdout.on('data', (data: Buffer) => {
      answered += data.length;
      if (answered <= answerBytes) answer.push(data);
      else fail(new ImageError('limit', action, `the answer of ${program} is over ${answerBytes} bytes`));
    });
    child.stderr.on('data', (data: Buffer) => {
      complaint = Buffer.concat([complaint, data]).subarray(-COMPLAINT_BYTES);
    });
    child.on('error', (cause) => {
      finish();
      reject(new ImageError('host', action, `${program} could not be started: ${cause.message}`, { cause }));
    });
    child.on('close', (code) => {
      finish();
      if (failure === null) resolve({ code, answer: Buffer.concat(answer), complaint: complaint.toString('utf8') });
      else reject(failure);
    });
  });
}

/** With what it has started. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

export function abortError(signal: AbortSignal, action: string): ImageError {
  if (signal.reason instanceof ImageError) return signal.reason;
  return new ImageError('aborted', action, 'it was given up');
}

function environment(directory: string): Record<string, string> {
  const passed = [...PASSED_ON, ...CERTIFICATES].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(passed),
    ...{ LC_ALL: 'C', TMPDIR: directory, HOME: directory },
    // The libraries of skopeo keep what they know of blobs in one file of the host, unless they run for another user.
    ...{ _CONTAINERS_ROOTLESS_UID: '1', XDG_DATA_HOME: directory, XDG_RUNTIME_DIR: directory },
  };
}
