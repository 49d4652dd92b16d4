import * as v from 'valibot';
import { type ImageBody, type ImageKind, imageStates } from '../../../schema/api/images.ts';
import { type List, limitOf, type Page, type Part, partOf } from '../../../schema/api/pages.ts';
import { statement } from '../../../schema/database/database.ts';
import { memoize } from '../../../schema/database/memoize.ts';
import { imageSubject } from '../../../schema/resources/images/rows.ts';
import type { images } from '../../../schema/tables/images.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { findHypervisor } from '../../operations/targets/find-hypervisor.ts';
import { severalPlaces } from '../../operations/targets/scheduled.ts';
import { isNamed } from '../../operations/targets/target.ts';
import { type Scope, scopeOf } from '../networks/places.ts';
import { unknownImage } from './image.ts';

interface ImageRow
  extends Pick<RowOf<typeof images>, 'name' | 'kind' | 'hypervisor' | 'state' | 'digest' | 'size' | 'created'> {
  readonly host: string;
  readonly source: string | null;
  readonly problem: string | null;
  readonly busy: number;
}

const columns = `
  i.name, i.kind, i.hypervisor, i.state, i.digest, i.size, i.created, h.name AS host, i.spec ->> '$.source' AS source,
  i.error ->> '$.detail' AS problem, EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${imageSubject}) AS busy`;

/** Follows FROM: images of a kind, each with its hypervisor, `h`. */
function imagesIn(condition: string, scope: Scope): string {
  const found = `i.hypervisor = h.id AND i.kind = :kind AND ${condition} AND i.desired = 'present'`;
  return scope === 'fleet'
    ? `images i CROSS JOIN hypervisors h ON ${found}`
    : `hypervisors h CROSS JOIN images i ON ${isNamed('h')} AND ${found}`;
}

const selectCalled = memoize(
  (scope: Scope) => `SELECT ${columns} FROM ${imagesIn('i.name = :name', scope)} ORDER BY h.created_ms`,
);

type Where = Pick<CommandContext, 'database' | 'host'>;

/** An image. Throws a 404, or a 409 if the path names no hypervisor and several have one. */
export async function readImage({ database, host }: Where, name: string, kind: ImageKind): Promise<ImageBody> {
  const [rows] = await database.read([statement<ImageRow>(selectCalled(scopeOf(host)), { host, name, kind })]);
  const [row] = rows;
  if (rows.length > 1)
    throw severalPlaces(
      `Image ${name}`,
      rows.map((each) => each.host),
    );
  if (row !== undefined) return bodyOf(row);
  if (host !== null) await findHypervisor(database, host);
  throw unknownImage(name);
}

/** Ordered by name, then by hypervisor. */
type ImageKey = readonly [name: string, hypervisor: string];
export const imageList: List<ImageKey> = { name: 'images', key: v.strictTuple([v.string(), v.string()]) };

const selectPage = memoize((scope: Scope) => {
  const order = scope === 'fleet' ? 'i.name, i.hypervisor' : 'i.name';
  const after = scope === 'fleet' ? `(${order}) > (:name, :hypervisor)` : 'i.name > :name';
  return `SELECT ${columns} FROM ${imagesIn(after, scope)} ORDER BY ${order} LIMIT :limit + 1`;
});

/** The images of a kind, in the order of their names. Throws a 404 for an unknown hypervisor. */
export async function readImages(
  { database, host }: Where,
  kind: ImageKind,
  page: Page<ImageKey>,
): Promise<Part<ImageBody, ImageKey>> {
  const [name, hypervisor] = page.after ?? ['', ''];
  if (host !== null) await findHypervisor(database, host);
  const [rows] = await database.read([
    statement<ImageRow>(selectPage(scopeOf(host)), { host, kind, name, hypervisor, limit: limitOf(page) }),
  ]);
  const { items, next } = partOf(rows, page, (row): ImageKey => [row.name, row.hypervisor]);
  return { items: items.map(bodyOf), next };
}

function bodyOf({ name, kind, host, source, state, busy, digest, size, created, problem }: ImageRow): ImageBody {
  return {
    ...{ name, kind, hypervisor: host, source },
    state: busy === 1 ? 'preparing' : (imageStates.find((known) => known === state) ?? 'failed'),
    ...{ digest, size, created, error: problem },
  };
}
