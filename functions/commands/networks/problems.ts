import { CEN_CONTAINERS_MAX } from '../../../schema/api/leviathan.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { resolve, type Target } from '../../operations/targets/target.ts';
import { cenKind } from './network-kind.ts';
import { networksCalled } from './places.ts';

interface Scope {
  readonly hypervisors: { id: string; name: string }[];
}

const selectHypervisors = 'SELECT id, name FROM hypervisors ORDER BY created_ms, name';

export async function readScope(database: Database): Promise<Scope> {
  const [hypervisors] = await database.read([statement<Scope['hypervisors'][number]>(selectHypervisors)]);
  return { hypervisors };
}

export function noNumberLeft(): Problem {
  return new Problem('impossible', 'A container can be in 1000 CENs at most');
}

export function cenFull(cens: readonly string[]): Problem {
  return new Problem('impossible', `CEN ${cens.join(', ')} has ${CEN_CONTAINERS_MAX} containers, and can have no more`);
}

const selectPlaces = `
  SELECT DISTINCT n.name, h.name AS host FROM json_each(:cens) j CROSS JOIN ${networksCalled(cenKind, 'j.value', 'fleet')}
  ORDER BY j.key, h.created_ms`;

/** The text for a container that is to join a CEN of another hypervisor. */
export async function onOtherHypervisor(database: Database, cens: readonly string[]): Promise<Problem> {
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

/** The selected hypervisor has no network namespaces. */
export async function noNamespaces(database: Database, on: Target): Promise<Problem> {
  const found = await resolve(database, on);
  const reason =
    JSON.parse(found?.capabilities ?? '{}').netns?.reason ?? 'its executor has not reported its capabilities yet';
  return new Problem('impossible', `${found?.name ?? 'This hypervisor'} cannot make network namespaces: ${reason}`, {
    hint: 'Run its executor as root on Linux',
  });
}

export const noExecutorHint = 'Start an executor: npm start, or npm run executor';
