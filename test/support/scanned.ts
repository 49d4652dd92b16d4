import { resources } from '../../schema/resources/registry.ts';

/** The kinds of resources that an executor scans for on a host of the tests: it has what all of them need. */
export const scannedKinds: readonly string[] = resources.flatMap(({ name, loadIdle }) =>
  loadIdle === undefined ? [] : [name],
);
