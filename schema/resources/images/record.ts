import { v7 } from 'uuid';
import { now, type Statement, statement } from '../../database/database.ts';
import { imageSubject, type StoredImage } from './rows.ts';

/** An image that is on the host, by the name that people know. */
export interface NamedImage extends StoredImage {
  readonly name: string;
}

/**
 * An image that was removed and is used again stays; one whose removal was accepted, and follows in the order, is still
 * removed. Rows that say so already are not written.
 */
const upsert = `
  INSERT INTO images (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, kind,
    digest, size, created)
  SELECT j.value ->> 'id', :hypervisor, j.value ->> 'name', '{"source":null}', '{"source":null}', 0, 'present', 'ready', ${now}, ${now},
    'oci', j.value ->> 'digest', j.value ->> 'size', j.value ->> 'created'
  FROM json_each(:images) j WHERE true
  ON CONFLICT (hypervisor, kind, name) DO UPDATE SET
    digest = excluded.digest, size = excluded.size, created = excluded.created, state = 'ready', error = NULL,
    applied_spec = coalesce(applied_spec, spec),
    state_since_ms = CASE state WHEN 'ready' THEN state_since_ms ELSE excluded.state_since_ms END,
    desired = CASE WHEN EXISTS (
        SELECT 1 FROM images i CROSS JOIN operation_subjects s ON s.subject = ${imageSubject} WHERE i.id = images.id)
      THEN desired ELSE 'present' END
  WHERE digest IS NOT excluded.digest OR state <> 'ready' OR desired <> 'present' OR error IS NOT NULL OR applied_spec IS NULL`;

/**
 * Records images which an operation on something else has found or pulled on its host: to be called by the `finish` of
 * that operation's kind.
 */
export function recordImages(hypervisor: string, images: readonly NamedImage[]): Statement<never>[] {
  if (images.length === 0) return [];
  const rows = images.map(({ name, digest, size, created }) => ({ id: v7(), name, digest, size, created }));
  return [statement(upsert, { hypervisor, images: JSON.stringify(rows) })];
}
