import { type Database, statement } from '../../../schema/database/database.ts';
import { memoize } from '../../../schema/database/memoize.ts';
import { Problem } from '../../../schema/problem.ts';
import { has } from '../../../schema/statements/technologies.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { guard } from '../../operations/guard.ts';
import { type Intent, insertOperation } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { severalPlaces } from '../../operations/targets/scheduled.ts';
import type { Target } from '../../operations/targets/target.ts';
import { noNamespaces } from '../networks/problems.ts';
import { NetworkStatements } from '../networks/statements.ts';
import { censCalled, type Scope, scopeOf } from './places.ts';

/** Makes CENs on their hosts: one operation with a part for each. */
export function makeCens(context: CommandContext, cens: readonly string[]): Intent {
  return wireCens(context, cens, 'cen.make', true);
}

/** Takes CENs off their hosts; their rows stay, so that they can be made again. */
export function destroyCens(context: CommandContext, cens: readonly string[]): Intent {
  return wireCens(context, cens, 'cen.destroy', false);
}

/** SQL over the list, `:names`, whose CENs are wherever they are, or on the hypervisor that `:host` names. */
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
    selectPlaces: `
      SELECT j.key AS place, j.value AS name, (SELECT json_group_array(h.name) FROM ${called}) AS hosts
      FROM json_each(:names) j ORDER BY j.key`,
  };
});

function wireCens({ principal, host }: CommandContext, cens: readonly string[], kind: string, made: boolean): Intent {
  const operation = newId();
  const args = { names: JSON.stringify(cens), host };
  const { onlyHypervisor, allKnown, eachOnce, allCapable, setMade } = inScope(scopeOf(host));
  // Parts work where their CENs are; the list is one hypervisor's where all of it is there.
  const on: Target = {
    sql: onlyHypervisor,
    args,
    problem: (database) => censProblem(database, args),
  };
  const network = new NetworkStatements({
    operation,
    on,
    memberships: cens.map((cen) => ({ cen, containers: [] })),
    mode: 'make',
  });
  return {
    operation,
    statements: [
      guard('unknown_cen', allKnown, args, on.problem),
      guard('several_cens', eachOnce, args, on.problem),
      guard('no_netns', allCapable, args, (database) => noNamespaces(database, on)),
      insertOperation({ operation, kind, on, request: cens, principal, resource: null, status: 'pending' }),
      network.insertPartsAnywhere(kind, host),
      statement(setMade, { ...args, made: JSON.stringify(made) }),
      ...network.partSubjects('m.removed IS NULL'),
      network.countParts(),
      network.finishWithoutParts(),
    ],
    amended: true,
  };
}

interface Place {
  readonly place: number;
  readonly name: string;
  readonly hosts: string;
}

async function censProblem(database: Database, args: { names: string; host: string | null }): Promise<Problem> {
  const { selectPlaces } = inScope(scopeOf(args.host));
  const [places] = await database.read([statement<Place>(selectPlaces, args)]);
  const counted = places.map(({ place, name, hosts }) => ({ place, name, hosts: JSON.parse(hosts) as string[] }));
  const unknown = counted.filter(({ hosts }) => hosts.length === 0);
  const several = counted.find(({ hosts }) => hosts.length > 1);
  if (unknown.length === 0 && several) return severalPlaces(`CEN ${several.name}`, several.hosts);
  return new Problem('not_found', `CEN ${unknown.map(({ name }) => name).join(', ')} not found; nothing was started`, {
    hint: 'POST /cen/import declares CENs',
    errors: unknown.map(({ place, name }) => ({ pointer: `/${place}`, detail: `CEN ${name} not found` })),
  });
}
