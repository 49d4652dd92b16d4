import { execFile } from 'node:child_process';
import { delimiter } from 'node:path';
import { NftablesError, type NftablesErrorCode } from './errors.ts';

const DEADLINE_MS = 20_000;
const PRINTED_BYTES = 16 << 20;
/** Root's PATH may lack them. */
const SYSTEM_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

export interface NftOptions {
  /** The PATH to look for the program in. */
  readonly path?: string;
  /** Directories to look in after that. */
  readonly fallback?: readonly string[];
  /** Milliseconds. */
  readonly deadlineMs?: number;
}

/**
 * Runs nft(8) in the C locale and returns what it prints.
 *
 * @param input what it reads from stdin
 * @throws NftablesError `unsupported`, `denied`, `away` or `failed`
 */
export function runNft(
  words: readonly string[],
  input: string,
  action: string,
  { path = process.env.PATH ?? '', fallback = SYSTEM_DIRECTORIES, deadlineMs = DEADLINE_MS }: NftOptions = {},
): Promise<string> {
  const options = {
    env: { LC_ALL: 'C', PATH: [path, ...fallback].filter((part) => part !== '').join(delimiter) },
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
    maxBuffer: PRINTED_BYTES,
  } as const;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile('nft', words, options, (error, stdout, stderr) => {
    if (error === null) return resolve(stdout);
    const code = codeOf(error, stderr);
    const detail = stderr.trim() || (code === 'unsupported' ? 'there is no program nft (package nftables)' : '');
    const late = `it has not ended within ${deadlineMs} ms`;
    reject(new NftablesError(code, action, code === 'away' ? late : detail || error.message));
  });
  // A program that ends without reading its input is known by its exit.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return promise;
}

function codeOf(error: Error & { code?: unknown; killed?: boolean }, stderr: string): NftablesErrorCode {
  if (error.code === 'ENOENT' || /Operation not supported|Protocol not supported/.test(stderr)) return 'unsupported';
  if (error.code === 'EACCES' || /Operation not permitted|Permission denied/.test(stderr)) return 'denied';
  return error.killed === true && error.code !== 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER' ? 'away' : 'failed';
}

/** Whether nft has said that the object it was asked for does not exist. */
export function isNotThere(error: unknown): boolean {
  return (
    error instanceof NftablesError && error.code === 'failed' && error.detail.includes('No such file or directory')
  );
}
