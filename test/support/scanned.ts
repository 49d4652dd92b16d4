import { resources } from '../../schema/resources/registry.ts';

/** Technologies that no host of the tests has on which executors are started inside the process. */
const ABSENT: readonly string[] = ['libvirt'];

/** The kinds of resources that such an executor scans for. */
export const scannedKinds: readonly string[] = resources.flatMap(({ name, technology, loadIdle }) =>
  loadIdle === undefined || ABSENT.includes(technology) ? [] : [name],
);
