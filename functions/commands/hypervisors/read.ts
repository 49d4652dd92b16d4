import type { AssociationBody, HypervisorBody, HypervisorPost } from '../../../schema/api/fleet/hypervisors.ts';
import { unknownHypervisor } from '../../../schema/api/fleet/parameters.ts';
import {
  type CreatedKey,
  createdKeySchema,
  FIRST_CREATED,
  type List,
  limitOf,
  type Page,
  type Part,
  partOf,
} from '../../../schema/api/pages.ts';
import { type Database, type Statement, statement } from '../../../schema/database/database.ts';
import { alive } from '../../../schema/statements/alive.ts';
import { availableCpu, availableDisk, availableMemory } from '../../../schema/statements/capacity.ts';
import type { hypervisors, subnetInterfaces } from '../../../schema/tables/fleet.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import { type CommandContext, namedHost } from '../../operations/command-context.ts';
import { timestamp } from '../../operations/operation.ts';
import { isNamed } from '../../operations/targets/target.ts';

/** The representation of a hypervisor, and its revision: how often clients have changed it. */
export interface ReadHypervisor {
  readonly body: HypervisorBody;
  readonly revision: number;
  readonly config: Readonly<Record<string, string>>;
}

interface WithSubnets extends ReadHypervisor {
  /** The interface in each subnet, of all subnets. */
  readonly subnets: Readonly<Record<string, string>>;
}

const own = [
  ...(['id', 'name', 'revision', 'ip', 'netmask', 'gateway', 'mac', 'metadata', 'config'] as const),
  ...(['total_memory', 'total_disk', 'total_cpu', 'last_seen_ms', 'boot_id', 'capabilities'] as const),
  ...(['executor_version', 'load', 'free_memory'] as const),
] satisfies readonly (keyof RowOf<typeof hypervisors>)[];

interface Row extends Pick<RowOf<typeof hypervisors>, (typeof own)[number]> {
  readonly available_memory: number;
  readonly available_disk: number;
  readonly available_cpu: number;
  readonly alive: number;
}

const columns = `
  ${own.map((column) => `h.${column}`).join(', ')}, ${alive('h')} AS alive,
  ${availableMemory} AS available_memory, ${availableDisk} AS available_disk, ${availableCpu} AS available_cpu`;

/** Ordered by age, oldest first. */
export const hypervisorList: List<CreatedKey> = { name: 'hypervisors', key: createdKeySchema };

const selectPage = `
  SELECT ${columns}, h.created_ms FROM hypervisors h
  WHERE (h.created_ms, h.id) > (:created_ms, :id) ORDER BY h.created_ms, h.id LIMIT :limit + 1`;

export async function readHypervisors(
  database: Database,
  page: Page<CreatedKey>,
): Promise<Part<HypervisorBody, CreatedKey>> {
  const [created_ms, id] = page.after ?? FIRST_CREATED;
  const [rows] = await database.read([
    statement<Row & { created_ms: number }>(selectPage, { created_ms, id, limit: limitOf(page) }),
  ]);
  const { items, next } = partOf(rows, page, (row): CreatedKey => [row.created_ms, row.id]);
  return { items: items.map(bodyOf), next };
}

const selectOne = `SELECT ${columns} FROM hypervisors h WHERE ${isNamed('h')}`;

const selectWithSubnets = `
  SELECT ${columns}, (SELECT json_group_object(subnet, interface) FROM (
    SELECT subnet, interface FROM subnet_interfaces WHERE hypervisor = h.id ORDER BY created_ms, subnet)) AS subnets
  FROM hypervisors h WHERE ${isNamed('h')}`;

/** One hypervisor, by id or name. Throws a 404, or a 400 for a text that can be neither. */
export async function readHypervisor(database: Database, host: string): Promise<ReadHypervisor> {
  return readOf(await readRow(database, host, selectOne));
}

/** Throws like {@link readHypervisor}. */
export async function readHypervisorWithSubnets(database: Database, host: string): Promise<WithSubnets> {
  const row = await readRow<Row & { readonly subnets: string }>(database, host, selectWithSubnets);
  return { ...readOf(row), subnets: JSON.parse(row.subnets) };
}

type Named = Pick<CommandContext, 'database' | 'host'>;

/** The hypervisor that the request names. Throws like {@link readHypervisor}. */
export function readNamedHypervisor(context: Named): Promise<ReadHypervisor> {
  return readHypervisor(context.database, namedHost(context));
}

/** Throws like {@link readHypervisor}. */
export function readNamedWithSubnets(context: Named): Promise<WithSubnets> {
  return readHypervisorWithSubnets(context.database, namedHost(context));
}

async function readRow<Read = Row>(database: Database, host: string, sql: string): Promise<Read> {
  const [rows] = await database.read([statement<Read>(sql, { host })]);
  const [row] = rows;
  if (row === undefined) throw unknownHypervisor(host);
  return row;
}

function readOf(row: Row): ReadHypervisor {
  return { body: bodyOf(row), revision: row.revision, config: JSON.parse(row.config) };
}

function bodyOf(row: Row): HypervisorBody {
  return {
    id: row.id,
    metadata: JSON.parse(row.metadata),
    ip: row.ip,
    netmask: row.netmask,
    gateway: row.gateway,
    mac: row.mac,
    total_resources: { memory: row.total_memory, disk: row.total_disk, cpu: row.total_cpu },
    available_resources: { memory: row.available_memory, disk: row.available_disk, cpu: row.available_cpu },
    name: row.name,
    alive: row.alive === 1,
    last_seen: row.last_seen_ms === null ? null : timestamp(row.last_seen_ms),
    boot_id: row.boot_id,
    capabilities: JSON.parse(row.capabilities),
    executor_version: row.executor_version,
    load: row.load,
    free_memory: row.free_memory,
  };
}

/** A hypervisor as its POST created it, from the request that its operation keeps. */
export function asCreated({ id, ...post }: HypervisorPost & { readonly id: string }): HypervisorBody {
  const total = amounts(post.total_resources, { memory: 0, disk: 0, cpu: 0 });
  return {
    id,
    metadata: post.metadata ?? {},
    ip: post.ip ?? '',
    netmask: post.netmask ?? '',
    gateway: post.gateway ?? '',
    mac: post.mac ?? '',
    total_resources: total,
    available_resources: amounts(post.available_resources, total),
    name: post.name ?? id,
    alive: false,
    last_seen: null,
    boot_id: null,
    capabilities: {},
    executor_version: null,
    load: null,
    free_memory: null,
  };
}

type Amounts = HypervisorBody['total_resources'];

function amounts(given: HypervisorPost['total_resources'], otherwise: Amounts): Amounts {
  const { memory = otherwise.memory, disk = otherwise.disk, cpu = otherwise.cpu } = given ?? {};
  return { memory, disk, cpu };
}

type AssociationRow = Pick<RowOf<typeof subnetInterfaces>, 'subnet' | 'interface' | 'state' | 'error'>;

const selectAssociation = `
  SELECT subnet, interface, state, error FROM subnet_interfaces WHERE hypervisor = :hypervisor AND subnet = :subnet`;

/** The association of a hypervisor with a subnet; undefined: there is none. */
export async function readAssociation(
  database: Database,
  hypervisor: string,
  subnet: string,
): Promise<AssociationBody | undefined> {
  const [rows] = await database.read([
    statement<AssociationRow>(selectAssociation, { hypervisor, subnet }) satisfies Statement<AssociationRow>,
  ]);
  const [row] = rows;
  return row && { ...row, error: row.error === null ? null : JSON.parse(row.error) };
}

/** Ordered by age, oldest first. */
export const associationList: List<CreatedKey> = { name: 'associations', key: createdKeySchema };

const selectAssociations = `
  SELECT subnet, interface, created_ms FROM subnet_interfaces
  WHERE hypervisor = :hypervisor AND (created_ms, subnet) > (:created_ms, :subnet)
  ORDER BY created_ms, subnet LIMIT :limit + 1`;

/** One page of the associations of a hypervisor: its subnets, and its interface in each. */
export async function readAssociations(
  database: Database,
  hypervisor: string,
  page: Page<CreatedKey>,
): Promise<Part<{ readonly subnet: string; readonly interface: string }, CreatedKey>> {
  const [created_ms, subnet] = page.after ?? FIRST_CREATED;
  const [rows] = await database.read([
    statement<{ subnet: string; interface: string; created_ms: number }>(selectAssociations, {
      ...{ hypervisor, created_ms, subnet, limit: limitOf(page) },
    }),
  ]);
  return partOf(rows, page, (row): CreatedKey => [row.created_ms, row.subnet]);
}

/** Ordered by age, oldest first. */
export const guestList: List<CreatedKey> = { name: 'guests', key: createdKeySchema };

const selectGuests = `
  SELECT id, created_ms FROM domains
  WHERE hypervisor = :hypervisor AND (created_ms, id) > (:created_ms, :id) ORDER BY created_ms, id LIMIT :limit + 1`;

/** One page of the virtual machines of a hypervisor. */
export async function readGuests(
  database: Database,
  hypervisor: string,
  page: Page<CreatedKey>,
): Promise<Part<{ readonly id: string }, CreatedKey>> {
  const [created_ms, id] = page.after ?? FIRST_CREATED;
  const [rows] = await database.read([
    statement<{ id: string; created_ms: number }>(selectGuests, {
      ...{ hypervisor, created_ms, id, limit: limitOf(page) },
    }),
  ]);
  return partOf(rows, page, (row): CreatedKey => [row.created_ms, row.id]);
}
