import { expect, test } from 'vitest';
import { openFilesLimit, withinOpenFiles } from './open-files.ts';
import { DEFAULT_LIMITS } from './settings.ts';

test('connections have a share of the open files, which may be below the limits', () => {
  expect(withinOpenFiles(DEFAULT_LIMITS, 256)).toEqual({ ...DEFAULT_LIMITS, processes: 64, unidentified: 32 });
  expect(withinOpenFiles(DEFAULT_LIMITS, 1_048_576)).toEqual(DEFAULT_LIMITS);
  expect(withinOpenFiles(DEFAULT_LIMITS, Number.POSITIVE_INFINITY)).toEqual(DEFAULT_LIMITS);
});

test('the limit of this process is known', () => {
  expect(openFilesLimit()).toBeGreaterThan(0);
});
