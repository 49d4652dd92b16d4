import { type Database, type DatabaseError, guard, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { has } from '../../../schema/statements/technologies.ts';
import { type Choice, isNamed } from '../../intent/choice.ts';
import { type Intent, insertOperation } from '../../intent/intent.ts';
import { newId } from '../../intent/new-id.ts';
import { severalPlaces } from '../../intent/placement.ts';
import type { Asked } from '../asked.ts';
import { explainNames } from './explain.ts';
import { NetworkStatements } from './statements.ts';

/** Makes CENs on their hosts: one operation with a part for each. */
export function makeCens(asked: Asked, cens: readonly string[]): Intent {
  return wireCens(asked, cens, 'cen.make', true);
}

/** Takes CENs off their hosts; their rows stay, so that they can be made again. */
export function destroyCens(asked: Asked, cens: readonly string[]): Intent {
  return wireCens(asked, cens, 'cen.destroy', false);
}

/** The CENs of the list, wherever they are, or on the hypervisor that the path names. */
const found = `
  json_each(:names) j CROSS JOIN hypervisors h
  CROSS JOIN cens n ON n.hypervisor = h.id AND n.name = j.value AND n.desired = 'present'`;
const inScope = `(:host IS NULL OR ${isNamed('h')})`;

const countOf = `(SELECT count(*) FROM hypervisors h CROSS JOIN cens n ON n.hypervisor = h.id AND n.name = j.value AND n.desired = 'present' WHERE ${inScope})`;

const allKnown = `NOT EXISTS (SELECT 1 FROM json_each(:names) j WHERE ${countOf} = 0)`;
const eachOnce = `NOT EXISTS (SELECT 1 FROM json_each(:names) j WHERE ${countOf} > 1)`;
const allCapable = `NOT EXISTS (SELECT 1 FROM ${found} WHERE ${inScope} AND NOT ${has('h', 'netns')})`;

const setMade = `
  UPDATE cens SET spec = json_set(spec, '$.made', json(:made)), generation = generation + 1
  WHERE id IN (SELECT n.id FROM ${found} WHERE ${inScope})`;

function wireCens({ database, principal, host }: Asked, cens: readonly string[], kind: string, made: boolean): Intent {
  const operation = newId();
  const args = { names: JSON.stringify(cens), host };
  // Parts work where their CENs are; the list is one hypervisor's where all of it is there.
  const on: Choice = {
    sql: `(SELECT CASE count(DISTINCT h.id) WHEN 1 THEN max(h.id) END FROM ${found} WHERE ${inScope})`,
    args,
    explain: (database) => explainCens(database, args),
  };
  const network = new NetworkStatements({
    operation,
    memberships: cens.map((cen) => ({ cen, containers: [] })),
    mode: 'make',
  });
  return {
    operation,
    statements: [
      guard('unknown_cen', allKnown, args),
      guard('several_cens', eachOnce, args),
      guard('no_netns', allCapable, args),
      insertOperation({ operation, kind, on, request: cens, principal, resource: null, status: 'pending' }),
      network.insertPartsAnywhere(kind, host),
      statement(setMade, { ...args, made: JSON.stringify(made) }),
      ...network.partSubjects('m.removed IS NULL'),
      network.countParts(),
      network.finishWithoutParts(),
    ],
    amended: true,
    explain: async (error) => (await explain(database, error, args)) ?? explainNames(database, error, on),
  };
}

interface Place {
  readonly place: number;
  readonly name: string;
  readonly hosts: string;
}

const selectPlaces = `
  SELECT j.key AS place, j.value AS name, (
    SELECT json_group_array(h.name) FROM hypervisors h
    CROSS JOIN cens n ON n.hypervisor = h.id AND n.name = j.value AND n.desired = 'present' WHERE ${inScope}) AS hosts
  FROM json_each(:names) j ORDER BY j.key`;

async function explain(
  database: Database,
  error: DatabaseError,
  args: { names: string; host: string | null },
): Promise<Problem | undefined> {
  return error.reason === 'unknown_cen' || error.reason === 'several_cens' ? explainCens(database, args) : undefined;
}

async function explainCens(database: Database, args: { names: string; host: string | null }): Promise<Problem> {
  const [places] = await database.read([statement<Place>(selectPlaces, args)]);
  const counted = places.map(({ place, name, hosts }) => ({ place, name, hosts: JSON.parse(hosts) as string[] }));
  const unknown = counted.filter(({ hosts }) => hosts.length === 0);
  const several = counted.find(({ hosts }) => hosts.length > 1);
  if (unknown.length === 0 && several) return severalPlaces(`CEN ${several.name}`, several.hosts);
  return new Problem(
    'not_found',
    `There is no CEN ${unknown.map(({ name }) => name).join(', ')}; nothing was started`,
    {
      hint: 'POST /cen/import declares CENs',
      errors: unknown.map(({ place, name }) => ({ pointer: `/${place}`, detail: `there is no CEN ${name}` })),
    },
  );
}
