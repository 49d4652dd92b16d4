import { CEN_CONTAINERS_MAX } from '../../../schema/api/leviathan.ts';
import { type Database, type DatabaseError, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { resolve, type Target } from '../../operations/targets/target.ts';
import { censCalled } from '../cens/places.ts';
import { explainLink, type RequestedNames } from './link-conflict.ts';

interface Scope {
  readonly hypervisors: { id: string; name: string }[];
}

const selectHypervisors = 'SELECT id, name FROM hypervisors ORDER BY created_ms, name';

export async function explainScope(database: Database): Promise<Scope> {
  const [hypervisors] = await database.read([statement<Scope['hypervisors'][number]>(selectHypervisors)]);
  return { hypervisors };
}

/** As SQLite names the column where the numbers of a container's links are all taken. */
const NO_NUMBER_LEFT = 'members.ordinal';

/** The words for what aborts any write of a network: no hypervisor, or a name that another thing has. */
export async function explainNames(
  database: Database,
  error: DatabaseError,
  on: Target,
  requested: RequestedNames = {},
): Promise<Problem> {
  if (error.reason === 'hypervisor') return on.explain(database);
  if (error.reason === 'no_netns') return noNamespaces(await resolve(database, on));
  if (error.reason === NO_NUMBER_LEFT) {
    return new Problem('impossible', 'A container can be in 1000 CENs at most');
  }
  if (error.reason === 'cen_full') {
    return new Problem(
      'impossible',
      `CEN ${requested.cens?.join(', ')} has ${CEN_CONTAINERS_MAX} containers, and can have no more`,
    );
  }
  if (error.reason.includes('host_names')) return explainLink(database, on, requested);
  return new Problem('conflict', `Conflict: modified concurrently (${error.message})`, {
    hint: 'Read the resource and send the request again',
    cause: error,
  });
}

const selectPlaces = `
  SELECT DISTINCT n.name, h.name AS host FROM json_each(:cens) j CROSS JOIN ${censCalled('j.value', 'fleet')}
  ORDER BY j.key, h.created_ms`;

/** The words for a container that is to join a CEN of another hypervisor. */
export async function explainElsewhere(
  database: Database,
  error: DatabaseError,
  cens: readonly string[],
): Promise<Problem | undefined> {
  if (error.reason !== 'elsewhere') return undefined;
  const [places] = await database.read([
    statement<{ name: string; host: string }>(selectPlaces, { cens: JSON.stringify(cens) }),
  ]);
  const [first] = places;
  return new Problem(
    'impossible',
    `CEN ${first?.name} is on ${first?.host}; the containers of one CEN live on one hypervisor`,
    {
      hint: 'A prefix makes another CEN of the same name: /hypervisors/{id}/…',
      errors: places.map(({ name, host }) => ({ hypervisor: host, detail: `has CEN ${name}` })),
    },
  );
}

function noNamespaces(found: { name: string; capabilities: string } | undefined): Problem {
  const reason = JSON.parse(found?.capabilities ?? '{}').netns?.reason ?? 'its executor has not looked yet';
  return new Problem('impossible', `${found?.name ?? 'This hypervisor'} cannot make network namespaces: ${reason}`, {
    hint: 'Run its executor as root on Linux',
  });
}

export const noExecutorHint = 'Start an executor: npm start, or npm run executor';
