import { describe, expect, it } from 'vitest';
import { type DesiredImage, type ObservedImages, plan } from './plan.ts';

const NAME = 'lab/x:1';
const image = { digest: 'sha256:1', size: 1, created: null };
const pull = { name: NAME, credentialsFile: null, importDirectory: null, mayBeLocal: false };
const stored = (names: readonly string[], pulled: readonly string[] = []): ObservedImages => ({
  images: new Map(names.map((name) => [name, image])),
  pulled: new Set(pulled),
});
const steps = (desired: DesiredImage, observed: ObservedImages) => plan(desired, observed).map(({ name }) => name);

describe('an image that is to be pulled', () => {
  const desired: DesiredImage = { name: NAME, wanted: 'pulled', pull };

  it.each([
    ['is not there', stored([]), ['image.pull']],
    ['is there from before', stored([NAME]), ['image.pull']],
    ['was pulled in this attempt', stored([NAME], [NAME]), []],
    ['was pulled, and is gone again', stored([], [NAME]), ['image.pull']],
  ])('and %s', (_, observed, wanted) => {
    expect(steps(desired, observed)).toEqual(wanted);
  });
});

it('one that is not wanted is removed if it is there, and no other', () => {
  const desired: DesiredImage = { name: NAME, wanted: 'absent' };
  expect(steps(desired, stored([NAME, 'other:1']))).toEqual(['image.remove']);
  expect(steps(desired, stored(['other:1']))).toEqual([]);
});

it('one that is adopted must be there', () => {
  expect(steps({ name: NAME, wanted: 'present' }, stored([NAME]))).toEqual([]);
  expect(() => steps({ name: NAME, wanted: 'present' }, stored([]))).toThrow(
    `Image ${NAME} is not on the host any more`,
  );
});

it.each([[[]], [[NAME]]])('one of a scan is left as it is: %j', (names) => {
  expect(steps({ name: NAME, wanted: 'as it is' }, stored(names))).toEqual([]);
});
