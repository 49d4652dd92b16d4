import type { Technology } from '../../../schema/api/capabilities.ts';
import { type Database, now, statement } from '../../../schema/database/database.ts';
import { memoize } from '../../../schema/database/memoize.ts';
import { type MemberError, Problem } from '../../../schema/problem.ts';
import { networks, placedTogether } from '../../../schema/resources/registry.ts';
import { alive, lastSeen } from '../../../schema/statements/alive.ts';
import { availableDisk, availableMemory, roomCpu, roomDisk, roomMemory } from '../../../schema/statements/capacity.ts';
import type { Target } from './target.ts';

/** Requirements for the hypervisor of a new resource. */
export interface Needs {
  /** The technology that its executor must have found on its host, or must be able to install. */
  readonly technology: Technology;
  /** A second one. */
  readonly alsoTechnology?: Technology | undefined;
  /** Networks that the resource is to be attached to, which must exist there: by name or id. */
  readonly networks?: readonly string[];
  /** In MB. */
  readonly memory?: number;
  readonly disk?: number;
  readonly cpu?: number;
}

/**
 * The resources that the request names, by tables that kinds of resources list: all go to the hypervisor that has one
 * of them already.
 */
export type Together = Readonly<Record<string, readonly string[]>>;

const argumentOf = (table: string) => `${table}_together`;

/** The hypervisors that have resources of a table which the request names. */
const placesOf = (table: string) => `
  SELECT count(DISTINCT r.hypervisor) AS count, max(r.hypervisor) AS hypervisor
  FROM json_each(:${argumentOf(table)}) j CROSS JOIN ${table} r ON r.name = j.value AND r.desired = 'present'`;

const lacksNetwork = `EXISTS (
  SELECT 1 FROM json_each(:networks) w WHERE ${networks.map((rows) => `NOT EXISTS (${rows})`).join(' AND ')})`;

/** Names of technologies, separated by commas. */
type Technologies = Technology | `${Technology},${Technology}`;

function technologiesOf({ technology, alsoTechnology }: Needs): Technologies {
  return alsoTechnology === undefined ? technology : `${technology},${alsoTechnology}`;
}

const lacks = (technology: string) => `NOT coalesce(h.capabilities ->> '$.${technology}.available', 0)`;

/** The first of the technologies that a hypervisor lacks; NULL: none. */
function lackedBy(technologies: Technologies): string {
  const cases = technologies.split(',').map((technology) => `WHEN ${lacks(technology)} THEN '${technology}'`);
  return `CASE ${cases.join(' ')} END`;
}

const hasRoom = `(:memory = 0 OR ${roomMemory} >= :memory) AND (:disk = 0 OR ${roomDisk} >= :disk) AND (:cpu = 0 OR ${roomCpu} >= :cpu)`;

const selectScheduled = memoize(
  (technologies: Technologies) => `(
    SELECT CASE
      WHEN (SELECT count(*) FROM hypervisors) = 1 THEN (SELECT id FROM hypervisors)
      ${placedTogether.map((table) => `WHEN with_${table}.count > 0 THEN CASE with_${table}.count WHEN 1 THEN with_${table}.hypervisor END`).join('\n      ')}
      ELSE (
        SELECT h.id FROM hypervisors h
        WHERE ${alive('h')} AND ${lackedBy(technologies)} IS NULL AND NOT ${lacksNetwork} AND ${hasRoom}
        ORDER BY ${availableMemory} DESC, h.free_memory DESC, h.created_ms, h.id LIMIT 1)
      END
    FROM ${placedTogether.map((table) => `(${placesOf(table)}) with_${table}`).join(', ')})`,
);

/**
 * The hypervisor for a new resource of a request that names none: the only one; else the one that has a part of it
 * already; else, among those that are alive and meet the requirements, the one with the most available memory.
 */
export function scheduled(needs: Needs, together: Together = {}): Required<Target> {
  const { networks: wanted = [], memory = 0, disk = 0, cpu = 0 } = needs;
  const args = { ...togetherArguments(together), networks: JSON.stringify(wanted), memory, disk, cpu };
  return {
    sql: selectScheduled(technologiesOf(needs)),
    args,
    problem: (database) => noneSuitable(database, needs, args),
  };
}

function togetherArguments(together: Together): Target['args'] {
  const unlisted = Object.keys(together).find((table) => !placedTogether.includes(table));
  if (unlisted !== undefined) throw new Error(`no kind of resource is placed by ${unlisted}`);
  return Object.fromEntries(placedTogether.map((table) => [argumentOf(table), JSON.stringify(together[table] ?? [])]));
}

interface Candidate {
  readonly name: string;
  readonly silent_ms: number | null;
  readonly alive: number;
  /** The technology that it lacks, and the reason. */
  readonly lacked: string | null;
  readonly reason: string | null;
  readonly lacks: number;
  readonly memory: number;
  readonly disk: number;
  readonly cpu: number;
  readonly together: number;
}

const isTogether = (table: string) => `EXISTS (
  SELECT 1 FROM json_each(:${argumentOf(table)}) j CROSS JOIN ${table} r
  ON r.hypervisor = h.id AND r.name = j.value AND r.desired = 'present')`;

async function noneSuitable(database: Database, needs: Needs, args: Target['args']): Promise<Problem> {
  const lacked = lackedBy(technologiesOf(needs));
  const [candidates] = await database.read([
    statement<Candidate>(
      `SELECT h.name, ${now} - h.last_seen_ms AS silent_ms, ${alive('h')} AS alive, ${lacked} AS lacked,
         h.capabilities ->> ('$.' || ${lacked} || '.reason') AS reason, ${lacksNetwork} AS lacks,
         ${availableMemory} AS memory, ${availableDisk} AS disk, max(0, ${roomCpu}) AS cpu,
         ${placedTogether.map(isTogether).join(' OR ')} AS together
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

function whyNot(candidate: Candidate, { networks: wanted = [], memory = 0, disk = 0, cpu = 0 }: Needs): string {
  const { silent_ms: silent } = candidate;
  if (candidate.alive === 0) {
    return `was ${lastSeen(silent)}`;
  }
  if (candidate.lacked !== null) {
    return `has no ${candidate.lacked}: ${candidate.reason ?? 'its executor has not reported its capabilities yet'}`;
  }
  if (candidate.lacks === 1) return `is not in all of ${wanted.join(', ')}`;
  return shortage(candidate, { memory, disk, cpu }) ?? 'has no capacity left';
}

export interface Amounts {
  readonly memory: number;
  readonly disk: number;
  readonly cpu: number;
}

/** The resources of which too little is available; undefined: there is enough of each. */
export function shortage(available: Amounts, asked: Amounts): string | undefined {
  if (asked.memory > available.memory) {
    return `has ${available.memory} MB of memory available, ${asked.memory} MB requested`;
  }
  if (asked.disk > available.disk) return `has ${available.disk} MB of disk available, ${asked.disk} MB requested`;
  if (asked.cpu > available.cpu) return `has ${available.cpu} cores available, ${asked.cpu} requested`;
  return undefined;
}

/** A resource that more than one hypervisor has, in a request that names no hypervisor. */
export function severalPlaces(what: string, places: readonly string[]): Problem {
  return new Problem('conflict', `${what} is on ${places.join(' and on ')}`, {
    hint: `Name the hypervisor in front of the path: /hypervisors/${places[0]}/…`,
    errors: places.map((hypervisor) => ({ hypervisor, detail: 'has it' })),
  });
}
