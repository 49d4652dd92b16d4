import { purgeTables, type ResourceDefinition } from '../definition.ts';
import { finishNetwork, type NetworkEnd } from './finish.ts';
import { loadIdleNetworks } from './idle-rows.ts';
import { loadNetworks, type OperationRows } from './operation-rows.ts';
import { DELETE_POOL, SCALE_POOL } from './pools.ts';
import { rollbackNetworks } from './rollback.ts';
import type { NetworkRows } from './rows.ts';

export const GARBAGE_COLLECTION = 'network.sweep';

/** The removal stays desired after a failure, and a repair is tried. */
const operations: ResourceDefinition['operations'] = {
  'container.create': { onFailure: 'undo' },
  'container.delete': { onFailure: 'repair' },
  'container.start': { onFailure: 'undo' },
  'container.restart': { onFailure: 'undo' },
  'container.stop': { onFailure: 'repair' },
  'container.kill': { onFailure: 'repair' },
  'container.repair': { onFailure: 'repair' },
  'cen.import': { onFailure: 'undo' },
  'cen.make': { onFailure: 'undo' },
  'cen.destroy': { onFailure: 'repair' },
  'cen.delete': { onFailure: 'repair' },
  'cen.join': { onFailure: 'undo' },
  'cen.leave': { onFailure: 'repair' },
  'cen.repair': { onFailure: 'repair' },
  'cin.import': { onFailure: 'undo' },
  'cin.make': { onFailure: 'undo' },
  'cin.destroy': { onFailure: 'repair' },
  'cin.delete': { onFailure: 'repair' },
  'cin.repair': { onFailure: 'repair' },
  [SCALE_POOL]: { onFailure: 'undo' },
  [DELETE_POOL]: { onFailure: 'repair' },
  [GARBAGE_COLLECTION]: { onFailure: 'repair' },
};

/** Kinds of operations that repair a resource, by the kind in its subject. */
const repairs = [
  { kind: 'cens', operation: 'cen.repair' },
  { kind: 'cins', operation: 'cin.repair' },
];

/** Containers, CENs, CINs, pools, and what is in what. */
export const networkDefinition: ResourceDefinition<OperationRows, NetworkRows, NetworkEnd> = {
  name: 'network',
  technology: 'netns',
  operations,
  repair: (subject) => repairs.find(({ kind }) => subject.includes(`/${kind}/`))?.operation ?? 'container.repair',
  garbageCollection: GARBAGE_COLLECTION,
  load: loadNetworks,
  loadIdle: loadIdleNetworks,
  finish(finished) {
    const { kind } = finished.operation;
    return kind === GARBAGE_COLLECTION ? [] : finishNetwork(finished, operations[kind] ?? { onFailure: 'undo' });
  },
  // A link belongs to its network under any name; a container's namespace must also have the container's name.
  owners: [
    "SELECT 1 FROM cens n WHERE n.id = j.value ->> 'resource' AND j.value ->> 'kind' = 'link'",
    "SELECT 1 FROM cins i WHERE i.id = j.value ->> 'resource' AND j.value ->> 'kind' = 'isolation'",
    `SELECT 1 FROM containers c
      WHERE c.id = j.value ->> 'resource' AND j.value ->> 'kind' = 'namespace' AND c.name = j.value ->> 'name'`,
    "SELECT 1 FROM containers c WHERE c.id = j.value ->> 'resource' AND j.value ->> 'kind' = 'process'",
  ],
  ownedByName: ['namespace'],
  rollback: rollbackNetworks,
  purge: [
    ...purgeTables('cins', 'host_blocks'),
    'DELETE FROM members WHERE cen IN (SELECT id FROM cens WHERE hypervisor = :hypervisor)',
    ...purgeTables('cens', 'containers', 'cpools'),
  ],
  contents: [
    { table: 'containers', words: ['container', 'containers'] },
    { table: 'cens', words: ['CEN', 'CENs'] },
    { table: 'cins', words: ['CIN', 'CINs'] },
    { table: 'cpools', words: ['pool', 'pools'] },
  ],
  placedTogether: ['cpools', 'cins', 'cens', 'containers'],
  networks: ["SELECT 1 FROM cens n WHERE n.hypervisor = h.id AND n.name = w.value AND n.desired = 'present'"],
};
