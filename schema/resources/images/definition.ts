import { statement } from '../../database/database.ts';
import { type Changed, type IdlePage, purgeTables, type Query, query, type ResourceDefinition } from '../definition.ts';
import {
  ADOPT_IMAGE,
  DELETE_IMAGE,
  DISCARD_IMAGE,
  finishImage,
  type ImageEnd,
  PULL_IMAGE,
  REPAIR_IMAGE,
  rollbackImages,
} from './finish.ts';
import {
  type ImageRow,
  type ImageRows,
  imageColumns,
  imageOfSubject,
  imageSettingsOf,
  imageSubject,
  imageSubjectOf,
  selectImageSettings,
} from './rows.ts';

const operations: ResourceDefinition['operations'] = {
  [PULL_IMAGE]: { onFailure: 'undo' },
  [DELETE_IMAGE]: { onFailure: 'repair' },
  [ADOPT_IMAGE]: { onFailure: 'undo' },
  [DISCARD_IMAGE]: { onFailure: 'repair' },
  [REPAIR_IMAGE]: { onFailure: 'repair' },
};

const selectNamed = `
  SELECT ${imageColumns} FROM json_each(:names) j
  CROSS JOIN images i ON i.hypervisor = :hypervisor AND i.kind = 'oci' AND i.name = j.value`;

const selectIdle = `
  SELECT ${imageColumns}, EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${imageSubject}) AS busy
  FROM images i WHERE i.hypervisor = :hypervisor AND i.kind = 'oci' ORDER BY i.name`;

/** The images of a host in its own store; a repair only notes which of them are there, and removes what is not wanted. */
export const imagesDefinition: ResourceDefinition<ImageRows, ImageRow, ImageEnd> = {
  name: 'images',
  technology: 'containers',
  operations,
  repair: () => REPAIR_IMAGE,

  load(hypervisor, claimed) {
    const names = JSON.stringify([...new Set(claimed.map(({ resource }) => imageOfSubject(resource)))]);
    return query(
      [statement<ImageRow>(selectNamed, { hypervisor, names }), selectImageSettings(hypervisor)],
      ([rows, [config]]) => {
        const rowOf = new Map(rows.map((row) => [row.name, row]));
        const settings = imageSettingsOf(config);
        return ({ resource }) => {
          const name = imageOfSubject(resource);
          return { name, row: rowOf.get(name), settings };
        };
      },
    );
  },

  loadIdle,
  finish: (finished) => finishImage(finished, operations[finished.operation.kind] ?? { onFailure: 'undo' }),
  owners: [
    `SELECT 1 FROM images i
      WHERE i.hypervisor = substr(j.value ->> 'resource', length('hypervisors/') + 1, 36) AND i.kind = 'oci'
        AND i.name = j.value ->> 'name' AND ${imageSubject} = j.value ->> 'resource' AND j.value ->> 'kind' = 'image'`,
  ],
  ownedByName: ['image'],
  listedOrphans: {
    kind: 'image',
    adopt: ADOPT_IMAGE,
    discard: DISCARD_IMAGE,
    insertRow: `
      INSERT INTO images (id, hypervisor, name, spec, generation, desired, state, state_since_ms, created_ms, kind)
      SELECT :id, o.hypervisor, :name, '{"source":null}', 0, :desired, 'pending', o.created_ms, o.created_ms, 'oci'
      FROM operations o WHERE o.id = :operation`,
    isOwned: 'images.name',
    resourceOnHost: (name) => imageSubjectOf('', name).slice('hypervisors/'.length),
  },
  rollback: rollbackImages,
  purge: purgeTables('images'),
};

/** No event of a host names an image. */
function loadIdle(hypervisor: string, changed: Changed): Query<IdlePage<ImageRow>> | null {
  if (changed !== 'all') return null;
  return query([statement<ImageRow & { busy: number }>(selectIdle, { hypervisor })], ([rows]) => ({
    idle: rows
      .filter(({ busy }) => busy === 0)
      .map((row) => {
        const subject = imageSubjectOf(hypervisor, row.name);
        return { subject, generation: row.generation, subjects: [subject], eventNames: [subject], rows: row };
      }),
    busy: [],
    next: null,
  }));
}
