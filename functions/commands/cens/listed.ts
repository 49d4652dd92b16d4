import { cenListSchema } from '../../../schema/api/leviathan.ts';
import { statement } from '../../../schema/database/database.ts';
import { memoize } from '../../../schema/database/memoize.ts';
import { Problem } from '../../../schema/problem.ts';
import { has } from '../../../schema/statements/technologies.ts';
import { type Command, defineCommand } from '../../operations/command.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import type { Guard } from '../../operations/command-definition.ts';
import { severalPlaces } from '../../operations/targets/scheduled.ts';
import type { Target } from '../../operations/targets/target.ts';
import { networkArguments } from '../networks/arguments.ts';
import { countParts, partCens, partContainers } from '../networks/member-statements.ts';
import { noNamespaces } from '../networks/problems.ts';
import { finishWithoutParts, insertPartsIn } from '../networks/statements.ts';
import { censCalled, type Scope, scopeOf } from './places.ts';

/** SQL over the list, `:names`; its CENs are on any hypervisor, or on the one that `:host` names. */
const inScope = memoize((scope: Scope) => {
  const called = censCalled('j.value', scope);
  const found = `json_each(:names) j CROSS JOIN ${called}`;
  const countOf = `(SELECT count(*) FROM ${called})`;
  return {
    onlyHypervisor: `(SELECT CASE count(DISTINCT h.id) WHEN 1 THEN max(h.id) END FROM ${found})`,
    allKnown: `NOT EXISTS (SELECT 1 FROM json_each(:names) j WHERE ${countOf} = 0)`,
    eachOnce: `NOT EXISTS (SELECT 1 FROM json_each(:names) j WHERE ${countOf} > 1)`,
    allCapable: `NOT EXISTS (SELECT 1 FROM ${found} WHERE NOT ${has('h', 'netns')})`,
    setMade: `
      UPDATE cens SET spec = json_set(spec, '$.made', json(:made)), generation = generation + 1
      WHERE id IN (SELECT n.id FROM ${found})`,
    insertParts: insertPartsIn(scope),
    selectPlaces: `
      SELECT j.key AS place, j.value AS name, (SELECT json_group_array(h.name) FROM ${called}) AS hosts
      FROM json_each(:names) j ORDER BY j.key`,
  };
});

interface Listing extends CommandContext {
  readonly request: readonly string[];
}

const scoped =
  (text: keyof ReturnType<typeof inScope>) =>
  ({ host }: Listing) =>
    inScope(scopeOf(host))[text];

const guards: readonly Guard<Listing>[] = [
  { id: 'unknown_cen', holds: scoped('allKnown'), problem: censProblem },
  { id: 'several_cens', holds: scoped('eachOnce'), problem: censProblem },
  {
    id: 'no_netns',
    holds: scoped('allCapable'),
    problem: ({ database }, target) => noNamespaces(database, target),
  },
];

/** A command on a list of CENs: one operation with a part for each, on the hypervisor of that CEN. */
export function defineListed(kind: string, made: boolean): Command<string[]> {
  return defineCommand({
    kind,
    role: 'operator',
    request: cenListSchema,
    target: onlyHypervisor,
    resource: null,
    status: 'pending',
    arguments: ({ host, request }) => ({
      ...listArguments({ host, request }),
      ...networkArguments({ memberships: request.map((cen) => ({ cen, containers: [] })), mode: 'make' }),
      made: JSON.stringify(made),
    }),
    guards,
    rows: [scoped('insertParts'), scoped('setMade'), countParts, finishWithoutParts],
    subjects: [partCens, partContainers('m.removed IS NULL')],
    isAmended: true,
  });
}

/** The operation has a hypervisor if all CENs of the list are on the same one; else it has none. */
function onlyHypervisor(listing: Listing): Target {
  return { sql: scoped('onlyHypervisor')(listing), args: listArguments(listing) };
}

function listArguments({ host, request }: Pick<Listing, 'host' | 'request'>) {
  return { names: JSON.stringify(request), host };
}

interface Place {
  readonly place: number;
  readonly name: string;
  readonly hosts: string;
}

async function censProblem(listing: Listing): Promise<Problem> {
  const { selectPlaces } = inScope(scopeOf(listing.host));
  const [places] = await listing.database.read([statement<Place>(selectPlaces, listArguments(listing))]);
  const counted = places.map(({ place, name, hosts }) => ({ place, name, hosts: JSON.parse(hosts) as string[] }));
  const unknown = counted.filter(({ hosts }) => hosts.length === 0);
  const several = counted.find(({ hosts }) => hosts.length > 1);
  if (unknown.length === 0 && several) return severalPlaces(`CEN ${several.name}`, several.hosts);
  return new Problem('not_found', `CEN ${unknown.map(({ name }) => name).join(', ')} not found; nothing was started`, {
    hint: 'POST /cen/import declares CENs',
    errors: unknown.map(({ place, name }) => ({ pointer: `/${place}`, detail: `CEN ${name} not found` })),
  });
}
