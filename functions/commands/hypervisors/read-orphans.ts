import * as v from 'valibot';
import { type List, limitOf, type Page, type Part, partOf } from '../../../schema/api/pages.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import type { orphans } from '../../../schema/tables/fleet.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import { timestamp } from '../../operations/operation.ts';

type OrphanRow = Pick<RowOf<typeof orphans>, 'kind' | 'place' | 'name' | 'label' | 'scans' | 'first_seen_ms'>;

interface OrphanBody extends Pick<OrphanRow, 'kind' | 'name' | 'label' | 'scans'> {
  /** The namespace that contains the link; null: the host's own. */
  readonly namespace: string | null;
  readonly first_seen: string;
}

const orphanKeySchema = v.strictTuple([v.string(), v.string(), v.string(), v.string()]);
type OrphanKey = v.InferOutput<typeof orphanKeySchema>;

/** Ordered by kind, namespace, name and label. */
export const orphanList: List<OrphanKey> = { name: 'orphans', key: orphanKeySchema };

const selectOrphans = `
  SELECT kind, place, name, label, scans, first_seen_ms FROM orphans
  WHERE hypervisor = :hypervisor AND (kind, place, name, label) > (:kind, :place, :name, :label)
  ORDER BY kind, place, name, label LIMIT :limit + 1`;

/** The objects with a label of this database and no row that a hypervisor's executor has found. */
export async function readOrphans(
  database: Database,
  hypervisor: string,
  page: Page<OrphanKey>,
): Promise<Part<OrphanBody, OrphanKey>> {
  const [kind, place, name, label] = page.after ?? ['', '', '', ''];
  const [rows] = await database.read([
    statement<OrphanRow>(selectOrphans, { hypervisor, kind, place, name, label, limit: limitOf(page) }),
  ]);
  const { items, next } = partOf(rows, page, (row): OrphanKey => [row.kind, row.place, row.name, row.label]);
  return { items: items.map(orphanBody), next };
}

function orphanBody({ kind, place, name, label, scans, first_seen_ms }: OrphanRow): OrphanBody {
  return { kind, namespace: place === '' ? null : place, name, label, scans, first_seen: timestamp(first_seen_ms) };
}
