import { type Database, type DatabaseError, statement, type Value } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { hypervisor, type Intent, insertOperation } from '../../intent/intent.ts';
import { newId } from '../../intent/new-id.ts';
import { explainNames } from './explain.ts';
import { NetworkStatements } from './statements.ts';

/** Makes CENs on the host: one operation with a part for each. */
export function makeCens(database: Database, principal: string, cens: readonly string[]): Intent {
  return wireCens(database, principal, cens, 'cen.make', true);
}

/** Takes CENs off the host; their rows stay, so that they can be made again. */
export function destroyCens(database: Database, principal: string, cens: readonly string[]): Intent {
  return wireCens(database, principal, cens, 'cen.destroy', false);
}

function wireCens(database: Database, principal: string, cens: readonly string[], kind: string, made: boolean): Intent {
  const operation = newId();
  const host = null;
  const network = new NetworkStatements({
    operation,
    host,
    memberships: cens.map((cen) => ({ cen, containers: [] })),
    mode: 'make',
  });
  return {
    operation,
    statements: [
      network.guardHypervisor(),
      network.guardCapable(),
      network.guardCens(),
      insertOperation({ operation, kind, host, request: cens, principal, resource: null, status: 'pending' }),
      network.insertParts(kind),
      statement(setMade, { host, cens: JSON.stringify(cens), made: JSON.stringify(made) }),
      ...network.partSubjects('m.removed IS NULL'),
      network.countParts(),
      network.finishWithoutParts(),
    ],
    explain: (error) => explain(database, error, { host, cens: JSON.stringify(cens) }),
  };
}

const setMade = `
  UPDATE cens SET spec = json_set(spec, '$.made', json(:made)), generation = generation + 1
  WHERE hypervisor = ${hypervisor} AND name IN (SELECT value FROM json_each(:cens))`;

const selectUnknown = `
  SELECT j.key AS place, j.value AS name FROM json_each(:cens) j
  WHERE NOT EXISTS (SELECT 1 FROM cens WHERE hypervisor = ${hypervisor} AND name = j.value AND desired = 'present')
  ORDER BY j.key`;

async function explain(database: Database, error: DatabaseError, args: Record<string, Value>): Promise<Problem> {
  if (error.reason !== 'unknown_cen') return explainNames(database, error, null);
  const [unknown] = await database.read([statement<{ place: number; name: string }>(selectUnknown, args)]);
  return new Problem(
    'not_found',
    `There is no CEN ${unknown.map(({ name }) => name).join(', ')}; nothing was started`,
    {
      hint: 'POST /cen/import declares CENs',
      errors: unknown.map(({ place, name }) => ({ pointer: `/${place}`, detail: `there is no CEN ${name}` })),
    },
  );
}
