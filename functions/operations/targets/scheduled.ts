import type { Technology } from '../../../schema/api/capabilities.ts';
import { type Database, now, statement } from '../../../schema/database/database.ts';
import { type MemberError, Problem } from '../../../schema/problem.ts';
import { alive, lastSeen } from '../../../schema/statements/alive.ts';
import { availableDisk, availableMemory, roomCpu, roomDisk, roomMemory } from '../../../schema/statements/capacity.ts';
import type { Target } from './target.ts';

/** What a hypervisor must have to be given something new. */
export interface Needs {
  /** What its executor must have found on its host. */
  readonly technology: Technology;
  /** CENs and subnets that must be there, by name or id. */
  readonly networks?: readonly string[];
  /** In MB. */
  readonly memory?: number;
  readonly disk?: number;
  readonly cpu?: number;
}

/** What the request names: where one of it is already, the rest goes, too. */
export interface Together {
  readonly cens?: readonly string[];
  readonly containers?: readonly string[];
}

const placesOf = (table: 'cens' | 'containers') => `
  SELECT count(DISTINCT r.hypervisor) AS count, max(r.hypervisor) AS hypervisor
  FROM json_each(:${table}_together) j CROSS JOIN ${table} r ON r.name = j.value AND r.desired = 'present'`;

const lacksNetwork = `EXISTS (
  SELECT 1 FROM json_each(:networks) w
  WHERE NOT EXISTS (SELECT 1 FROM cens n WHERE n.hypervisor = h.id AND n.name = w.value AND n.desired = 'present')
    AND NOT EXISTS (SELECT 1 FROM subnet_interfaces s WHERE s.hypervisor = h.id AND s.subnet = w.value))`;

const capable = (technology: Technology) => `coalesce(h.capabilities ->> '$.${technology}.available', 0)`;

const hasRoom = `(:memory = 0 OR ${roomMemory} >= :memory) AND (:disk = 0 OR ${roomDisk} >= :disk) AND (:cpu = 0 OR ${roomCpu} >= :cpu)`;

/**
 * The hypervisor for something new that names none: the only one; else where a part of it is already; else the one
 * with the most memory to give among those that are alive and have what it needs.
 */
export function scheduled(needs: Needs, together: Together = {}): Target {
  const { technology, networks = [], memory = 0, disk = 0, cpu = 0 } = needs;
  const args = {
    cens_together: JSON.stringify(together.cens ?? []),
    containers_together: JSON.stringify(together.containers ?? []),
    networks: JSON.stringify(networks),
    memory,
    disk,
    cpu,
  };
  const sql = `(
    SELECT CASE
      WHEN (SELECT count(*) FROM hypervisors) = 1 THEN (SELECT id FROM hypervisors)
      WHEN with_cens.count > 0 THEN CASE with_cens.count WHEN 1 THEN with_cens.hypervisor END
      WHEN with_containers.count > 0 THEN CASE with_containers.count WHEN 1 THEN with_containers.hypervisor END
      ELSE (
        SELECT h.id FROM hypervisors h
        WHERE ${alive('h')} AND ${capable(technology)} AND NOT ${lacksNetwork} AND ${hasRoom}
        ORDER BY ${availableMemory} DESC, h.free_memory DESC, h.created_ms, h.id LIMIT 1)
      END
    FROM (${placesOf('cens')}) with_cens, (${placesOf('containers')}) with_containers)`;
  return { sql, args, problem: (database) => noneSuitable(database, needs, args) };
}

interface Candidate {
  readonly name: string;
  readonly silent_ms: number | null;
  readonly alive: number;
  readonly capable: number;
  readonly reason: string | null;
  readonly lacks: number;
  readonly memory: number;
  readonly disk: number;
  readonly cpu: number;
  readonly together: number;
}

const isTogether = (table: 'cens' | 'containers') => `EXISTS (
  SELECT 1 FROM json_each(:${table}_together) j CROSS JOIN ${table} r
  ON r.hypervisor = h.id AND r.name = j.value AND r.desired = 'present')`;

async function noneSuitable(database: Database, needs: Needs, args: Target['args']): Promise<Problem> {
  const [candidates] = await database.read([
    statement<Candidate>(
      `SELECT h.name, ${now} - h.last_seen_ms AS silent_ms, ${alive('h')} AS alive, ${capable(needs.technology)} AS capable,
         h.capabilities ->> '$.${needs.technology}.reason' AS reason, ${lacksNetwork} AS lacks,
         ${availableMemory} AS memory, ${availableDisk} AS disk, max(0, ${roomCpu}) AS cpu,
         ${isTogether('cens')} OR ${isTogether('containers')} AS together
       FROM hypervisors h ORDER BY h.created_ms, h.name`,
      args,
    ),
  ]);
  if (candidates.length === 0) {
    return new Problem('impossible', 'No hypervisor is registered', {
      hint: 'Start an executor: npm start, or npm run executor',
    });
  }
  const places = candidates.filter(({ together }) => together === 1).map(({ name }) => name);
  if (places.length > 1) return severalPlaces('What the request names', places);
  const errors = candidates.map(
    (candidate): MemberError => ({ hypervisor: candidate.name, detail: whyNot(candidate, needs) }),
  );
  const reasons = errors.map(({ hypervisor, detail }) => `${hypervisor} ${detail}`).join('; ');
  return new Problem('impossible', `No suitable hypervisor: ${reasons}`, { errors });
}

function whyNot(candidate: Candidate, { technology, networks = [], memory = 0, disk = 0, cpu = 0 }: Needs): string {
  const { silent_ms: silent } = candidate;
  if (candidate.alive === 0) {
    return `was ${lastSeen(silent)}`;
  }
  if (candidate.capable === 0) {
    return `has no ${technology}: ${candidate.reason ?? 'its executor has not looked yet'}`;
  }
  if (candidate.lacks === 1) return `is not in all of ${networks.join(', ')}`;
  return shortage(candidate, { memory, disk, cpu }) ?? 'has no capacity left';
}

export interface Amounts {
  readonly memory: number;
  readonly disk: number;
  readonly cpu: number;
}

/** Of what there is too little; undefined where there is enough of everything. */
export function shortage(available: Amounts, asked: Amounts): string | undefined {
  if (asked.memory > available.memory) {
    return `has ${available.memory} MB of memory available, ${asked.memory} MB requested`;
  }
  if (asked.disk > available.disk) return `has ${available.disk} MB of disk available, ${asked.disk} MB requested`;
  if (asked.cpu > available.cpu) return `has ${available.cpu} cores available, ${asked.cpu} requested`;
  return undefined;
}

/** Something that names no hypervisor, and that more than one has. */
export function severalPlaces(what: string, places: readonly string[]): Problem {
  return new Problem('conflict', `${what} is on ${places.join(' and on ')}`, {
    hint: `Name the hypervisor in front of the path: /hypervisors/${places[0]}/…`,
    errors: places.map((hypervisor) => ({ hypervisor, detail: 'has it' })),
  });
}
