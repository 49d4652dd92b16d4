import { type Database, statement } from '../../../schema/database/database.ts';
import { memoize } from '../../../schema/database/memoize.ts';
import { Problem } from '../../../schema/problem.ts';
import { isNamed } from '../../operations/targets/target.ts';
import type { CinReference } from './state.ts';

const selectCins = memoize((scope: 'host' | 'fleet') => {
  const found = "k.hypervisor = h.id AND k.name = :name AND k.desired = 'present'";
  return `SELECT h.id AS hypervisor, h.name AS host, k.name FROM ${
    scope === 'fleet'
      ? `cins k CROSS JOIN hypervisors h ON ${found}`
      : `hypervisors h CROSS JOIN cins k ON ${isNamed('h')} AND ${found}`
  } ORDER BY h.created_ms`;
});

/**
 * The CIN of this name on a hypervisor, or, if `host` is null, in the whole fleet. Throws a 404 if there is none, and a
 * 409 if several hypervisors have one.
 */
export async function findCin(database: Database, host: string | null, name: string): Promise<CinReference> {
  const select = statement<CinReference & { host: string }>(selectCins(host === null ? 'fleet' : 'host'), {
    host,
    name,
  });
  const [found] = await database.read([select], { call: 'cin.find' });
  const [only] = found;
  if (only === undefined) {
    throw new Problem('not_found', `CIN ${name} not found${host === null ? '' : ` on hypervisor ${host}`}`);
  }
  if (found.length > 1) {
    const hosts = found.map((each) => each.host).join(' and ');
    throw new Problem('conflict', `CIN ${name} is on ${hosts}: connect to /hypervisors/{id}/leviathan/monitor`);
  }
  return { hypervisor: only.hypervisor, name: only.name };
}
