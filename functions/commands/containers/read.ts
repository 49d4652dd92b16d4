import * as v from 'valibot';
import { quadOf } from '../../../schema/addresses/quad.ts';
import { type ContainerBody, containerStates } from '../../../schema/api/leviathan.ts';
import { type List, limitOf, type Page, type Part, partOf } from '../../../schema/api/pages.ts';
import { statement } from '../../../schema/database/database.ts';
import { containerSubject } from '../../../schema/resources/network/rollback.ts';
import type { containers } from '../../../schema/tables/networks.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import { type CommandContext, namedHost } from '../../operations/command-context.ts';
import { isNamed } from '../../operations/targets/target.ts';
import { unknownContainer } from './container.ts';
import { unknownHost } from './host.ts';
import { processBody } from './process-body.ts';

interface ContainerRow extends Pick<RowOf<typeof containers>, 'name' | 'state'> {
  readonly host: string;
  readonly tag: string | null;
  /** JSON, as {@link ContainerProcess} and {@link SeenProcess}. */
  readonly wanted: string | null;
  readonly seen: string | null;
  readonly memory: number | null;
  readonly vcpus: number | null;
  readonly busy: number;
  /** Why the last operation on it failed. */
  readonly problem: string | null;
  readonly cens: string;
  /** Of CINs that are made, as numbers, in the order of their blocks. */
  readonly addresses: string;
}

const columns = `
  c.name, h.name AS host, c.spec ->> '$.tag' AS tag, c.spec ->> '$.memory' AS memory, c.spec ->> '$.vcpus' AS vcpus, c.state,
  c.spec -> '$.process' AS wanted, c.process AS seen, c.error ->> '$.detail' AS problem,
  EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${containerSubject}) AS busy,
  (SELECT json_group_array(name) FROM (
    SELECT n.name FROM members m CROSS JOIN cens n ON n.id = m.cen
    WHERE m.container = c.id AND m.removed IS NULL ORDER BY m.ordinal)) AS cens,
  (SELECT json_group_array(address) FROM (
    SELECT i.first + a.offset AS address FROM cin_addresses a CROSS JOIN cins i ON i.id = a.cin
    WHERE a.container = c.id AND i.applied_spec ->> '$.made' ORDER BY i.first)) AS addresses`;

const fromContainers = (condition: string) => `
  FROM hypervisors h CROSS JOIN containers c ON c.hypervisor = h.id AND ${condition} AND c.desired = 'present'
  WHERE ${isNamed('h')}`;

const selectContainer = `SELECT ${columns} ${fromContainers('c.name = :container')}`;

/** A container in leviathan's representation. Throws a 404. */
export async function readContainer(
  context: Pick<CommandContext, 'database' | 'host'>,
  container: string,
): Promise<ContainerBody> {
  const host = namedHost(context);
  const [rows] = await context.database.read([statement<ContainerRow>(selectContainer, { host, container })]);
  const row = rows[0];
  if (row === undefined) throw unknownContainer(host, container);
  return bodyOf(row);
}

/** Ordered by name. */
export const containerList: List<ContainerKey> = { name: 'containers', key: v.strictTuple([v.string()]) };
type ContainerKey = readonly [name: string];

const selectPage = `SELECT ${columns} ${fromContainers('c.name > :name')} ORDER BY c.name LIMIT :limit + 1`;

/** The containers of a hypervisor. Throws a 404 for an unknown one. */
export async function readContainers(
  context: Pick<CommandContext, 'database' | 'host'>,
  page: Page<ContainerKey>,
): Promise<Part<ContainerBody, ContainerKey>> {
  const host = namedHost(context);
  const [name] = page.after ?? [''];
  const [[found], rows] = await context.database.read([
    statement<{ found: number }>(`SELECT EXISTS (SELECT 1 FROM hypervisors h WHERE ${isNamed('h')}) AS found`, {
      host,
    }),
    statement<ContainerRow>(selectPage, { host, name, limit: limitOf(page) }),
  ]);
  if (found?.found !== 1) throw await unknownHost(context.database, host);
  const { items, next } = partOf(rows, page, (row): ContainerKey => [row.name]);
  return { items: items.map(bodyOf), next };
}

function bodyOf(row: ContainerRow): ContainerBody {
  const state = stateOf(row);
  return {
    contID: row.name,
    hostID: row.host,
    cens: JSON.parse(row.cens),
    tag: row.tag,
    ...(row.memory === null ? {} : { memory: row.memory }),
    ...(row.vcpus === null ? {} : { vcpus: row.vcpus }),
    ipaddresses: (JSON.parse(row.addresses) as number[]).map(quadOf),
    ...(row.wanted === null
      ? {}
      : processBody(JSON.parse(row.wanted), row.seen === null ? null : JSON.parse(row.seen))),
    state,
    ...(state === 'failed' && row.problem !== null && { error: row.problem }),
  };
}

function stateOf({ busy, state }: ContainerRow): ContainerBody['state'] {
  return busy === 1 ? 'preparing' : (containerStates.find((known) => known === state) ?? 'failed');
}
