import type { HostCreate } from '../../../schema/api/compute/hosts.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { VersionConflict } from '../../operations/conflict.ts';
import { isNamed, resolve, type Target } from '../../operations/targets/target.ts';
import { foreignDomain, leavingDomain } from './domain.ts';

/* Why a new domain cannot have what it is to be known by. */

export async function domainTaken(database: Database, on: Target, name: string): Promise<Problem> {
  const host = await resolve(database, on);
  const [rows] = await database.read([
    statement<{ desired: string }>('SELECT desired FROM domains WHERE hypervisor = :hypervisor AND name = :name', {
      ...{ hypervisor: host?.id ?? '', name },
    }),
  ]);
  if (rows[0]?.desired === 'absent') return leavingDomain(name);
  return new Problem('exists', `Host ${name} exists${host === undefined ? '' : ` on ${host.name}`}`, {
    hint: 'DELETE it first; PATCH changes its memory and vcpus',
    errors: [{ parameter: 'hostname', detail: `host ${name} exists` }],
  });
}

/** `host`: the hypervisor that the path names, null: none. */
export async function foreignTaken(database: Database, host: string | null, name: string): Promise<Problem> {
  const [rows] = await database.read([
    statement<{ name: string }>(
      `SELECT h.name FROM foreign_domains f CROSS JOIN hypervisors h ON h.id = f.hypervisor
       WHERE f.name = :name AND (:host IS NULL OR ${isNamed('h')}) ORDER BY h.created_ms LIMIT 1`,
      { name, host },
    ),
  ]);
  return foreignDomain('exists', name, rows[0]?.name ?? 'a hypervisor');
}

/** Addresses that weft made are other ones the next time. */
export async function macTaken(database: Database, { networks }: HostCreate): Promise<Problem> {
  const given = networks.map(({ mac }) => mac ?? null);
  const [rows] = await database.read([
    statement<{ place: number; mac: string; domain: string; host: string }>(
      `SELECT j.key AS place, n.mac, d.name AS domain, h.name AS host
       FROM json_each(:macs) j
       CROSS JOIN domain_nics n ON n.mac = j.value
       CROSS JOIN domains d ON d.id = n.domain
       CROSS JOIN hypervisors h ON h.id = d.hypervisor ORDER BY j.key`,
      { macs: JSON.stringify(given) },
    ),
  ]);
  const [first] = rows;
  if (first === undefined) return new VersionConflict();
  return new Problem('conflict', `MAC address ${first.mac} is that of ${first.domain} on ${first.host}`, {
    hint: 'Without a mac the interface gets one that nobody has',
    errors: rows.map(({ place, domain }) => ({ pointer: `/networks/${place}/mac`, detail: `is that of ${domain}` })),
  });
}
