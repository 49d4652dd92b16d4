import type { AssociationBody, HypervisorBody, HypervisorPost } from '../../../schema/api/fleet/hypervisors.ts';
import { unknownHypervisor } from '../../../schema/api/fleet/parameters.ts';
import { type Database, type Statement, statement } from '../../../schema/database/database.ts';
import { alive } from '../../../schema/statements/alive.ts';
import { availableCpu, availableDisk, availableMemory } from '../../../schema/statements/capacity.ts';
import { isNamed } from '../../intent/choice.ts';
import { timestamp } from '../../intent/operation.ts';

/** What clients see of a hypervisor, and how often they have changed it. */
export interface ReadHypervisor {
  readonly body: HypervisorBody;
  readonly revision: number;
  readonly config: Readonly<Record<string, string>>;
  /** Subnet to interface. */
  readonly subnets: Readonly<Record<string, string>>;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly revision: number;
  readonly ip: string;
  readonly netmask: string;
  readonly gateway: string;
  readonly mac: string;
  readonly metadata: string;
  readonly config: string;
  readonly subnets: string;
  readonly total_memory: number;
  readonly total_disk: number;
  readonly total_cpu: number;
  readonly available_memory: number;
  readonly available_disk: number;
  readonly available_cpu: number;
  readonly alive: number;
  readonly last_seen_ms: number | null;
  readonly boot_id: string | null;
  readonly capabilities: string;
  readonly executor_version: string | null;
  readonly load: number | null;
  readonly free_memory: number | null;
}

const select = `
  SELECT h.id, h.name, h.revision, h.ip, h.netmask, h.gateway, h.mac, h.metadata, h.config,
    (SELECT json_group_object(subnet, interface) FROM (
      SELECT subnet, interface FROM subnet_interfaces WHERE hypervisor = h.id ORDER BY created_ms, subnet)) AS subnets,
    h.total_memory, h.total_disk, h.total_cpu,
    ${availableMemory} AS available_memory, ${availableDisk} AS available_disk, ${availableCpu} AS available_cpu,
    ${alive('h')} AS alive, h.last_seen_ms, h.boot_id, h.capabilities, h.executor_version, h.load, h.free_memory
  FROM hypervisors h`;

/** Oldest first. */
export async function readHypervisors(database: Database): Promise<HypervisorBody[]> {
  const [rows] = await database.read([statement<Row>(`${select} ORDER BY h.created_ms, h.id`)]);
  return rows.map((row) => readOf(row).body);
}

/** One, by id or name. Throws a 404, or a 400 for what can be neither. */
export async function readHypervisor(database: Database, host: string): Promise<ReadHypervisor> {
  const [rows] = await database.read([statement<Row>(`${select} WHERE ${isNamed('h')}`, { host })]);
  const [row] = rows;
  if (row === undefined) throw unknownHypervisor(host);
  return readOf(row);
}

function readOf(row: Row): ReadHypervisor {
  return {
    body: {
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
    },
    revision: row.revision,
    config: JSON.parse(row.config),
    subnets: JSON.parse(row.subnets),
  };
}

/** A hypervisor as its POST made it, by the request that its operation keeps. */
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

interface AssociationRow {
  readonly subnet: string;
  readonly interface: string;
  readonly state: AssociationBody['state'];
  readonly error: string | null;
}

const selectAssociation = `
  SELECT subnet, interface, state, error FROM subnet_interfaces WHERE hypervisor = :hypervisor AND subnet = :subnet`;

/** How a hypervisor is in a subnet; undefined: it is not. */
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
