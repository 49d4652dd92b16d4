import { expect } from 'vitest';
import { picture } from '../support/host.ts';
import { processPicture } from '../support/oci/process-picture.ts';
import type { Lab } from './lab.ts';

/** Of any container: on the host, in the files of its runtime, and in rows. */
export async function expectNothingLeft(lab: Lab): Promise<void> {
  expect(
    Object.values(await processPicture(lab))
      .flat()
      .filter(Boolean),
  ).toEqual([]);
  expect(picture()).toEqual(['namespace null']);
  expect(await lab.sql('SELECT name FROM containers')).toEqual([]);
}
