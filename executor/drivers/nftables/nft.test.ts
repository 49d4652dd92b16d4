import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { NftablesError } from './errors.ts';
import { isNotThere, runNft } from './nft.ts';

/** A directory with a program `nft` that does this. */
function standIn(script: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'weft-nft-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'nft'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, 'nft'), 0o755);
  return directory;
}

async function refusalOf(call: Promise<unknown>): Promise<NftablesError> {
  const error = await call.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof NftablesError) return error;
  throw new Error('the call was not refused');
}

const run = (script: string, input = '', options = {}) =>
  runNft(['--one', 'two words'], input, 'try', { path: standIn(script), ...options });

test('it gets its arguments and its input, in the C locale, and what it prints is returned', async () => {
  const printed = await run('printf "%s|" "$@" "$LC_ALL"; read -r line && printf %s "$line"', 'a line\n');
  expect(printed).toBe('--one|two words|C|a line');
});

test('its words are the error', async () => {
  const refused = await refusalOf(run('echo "Error: syntax error" >&2; exit 1', 'x'.repeat(1 << 20)));
  expect(refused).toMatchObject({ code: 'failed', message: 'try: Error: syntax error', transient: false });
  const silent = await refusalOf(run('exit 3'));
  expect([silent.code, silent.detail]).toEqual(['failed', expect.stringContaining('Command failed')]);
});

test('a refusal by the kernel', async () => {
  const refused = await refusalOf(run('echo "Error: Could not process rule: Operation not permitted" >&2; exit 1'));
  expect(refused.code).toBe('denied');
});

test('an object that does not exist', async () => {
  const refused = await refusalOf(run('echo "Error: No such file or directory" >&2; exit 1'));
  expect(isNotThere(refused)).toBe(true);
  expect(isNotThere(await refusalOf(run('echo "Error: syntax error" >&2; exit 1')))).toBe(false);
});

test('a program that does not end is killed', async () => {
  const refused = await refusalOf(run('exec /bin/sleep 60', '', { deadlineMs: 100 }));
  expect(refused).toMatchObject({ code: 'away', transient: true, detail: 'it has not ended within 100 ms' });
});

test('a program that is not there', async () => {
  const refused = await refusalOf(runNft([], '', 'try', { path: '/nonexistent', fallback: [] }));
  expect(refused).toMatchObject({ code: 'unsupported', message: 'try: there is no program nft (package nftables)' });
});
