import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Only a block that hangs takes so long. */
const LONGEST_MS = 300_000;

/** A fenced block of a page: its language, and its text. */
export interface Block {
  readonly language: string;
  readonly text: string;
}

export function blocksOf(page: string): Block[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', body = '']) => ({
    language,
    text: body,
  }));
}

/**
 * Runs every `sh` block of a page in order, as a reader would type it, and compares its output with the block after
 * it, if that shows one: `…` stands for anything, and `:"…"` for one string; how many blanks there are does not
 * count. `sql`: what is run in the place of `npm run sql`.
 */
export function runExamples(page: string, environment: Record<string, string>, sql = 'npm run --silent sql --'): void {
  const blocks = blocksOf(page);
  for (const [index, { language, text }] of blocks.entries()) {
    if (language !== 'sh') continue;
    const script = text.replaceAll(/\bcurl /g, 'curl --silent --show-error ').replaceAll('npm run sql --', sql);
    const run = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
      encoding: 'utf8',
      env: { ...process.env, ...environment },
      timeout: LONGEST_MS,
    });
    expect({ page, text, status: run.status, errors: run.status === 0 ? '' : run.stderr }).toEqual({
      page,
      text,
      status: 0,
      errors: '',
    });
    const shown = blocks[index + 1];
    if (shown && shown.language !== 'sh') expectOutput(run.stdout, shown.text, text);
  }
}

function expectOutput(output: string, shown: string, example: string): void {
  const lines = (text: string) =>
    text
      .split('\n')
      .map((line) => line.trim().replaceAll(/\s+/g, ' '))
      .filter((line) => line !== '');
  const pattern = lines(shown)
    .map((line) => line.split(':"…"').map(anythingBetween).join(':"[^"]*"'))
    .join('\n');
  // A page shows the end of the output: the first of several commands may print more.
  expect(lines(output).slice(-lines(shown).length).join('\n'), `the output of\n${example}`).toMatch(
    new RegExp(`^${pattern}$`),
  );
}

function anythingBetween(line: string): string {
  return line.split('…').map(RegExp.escape).join('.*?');
}
