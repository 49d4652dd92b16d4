import { hostActionSchema } from '../../../schema/api/compute/hosts.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { type PowerAction, powerRules } from '../../../schema/resources/domains/power.ts';
import { domainSubject } from '../../../schema/resources/domains/rows.ts';
import { POWER_DOMAIN } from '../../../schema/resources/domains/spec.ts';
import { defineCommand } from '../../operations/command.ts';
import { ownSubject } from '../../operations/operation-statements.ts';
import { byName } from '../../operations/targets/target.ts';
import { domainExists, domainResource, domainStays, fromDomain } from './domain.ts';
import { readOwnDomain } from './own.ts';
import type { ReadDomain } from './read.ts';
import { libvirtIsAway } from './rows.ts';

/** While an operation changes it, what counts is the state that it leads to. */
const expectedState = `
  CASE WHEN EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${domainSubject}) THEN d.spec ->> '$.power'
    WHEN (SELECT ${libvirtIsAway} FROM hypervisors h WHERE h.id = d.hypervisor) THEN 'unknown'
    ELSE d.state END`;

const mayBe = `NOT EXISTS (SELECT 1 ${fromDomain} AND ${expectedState} IN (SELECT value FROM json_each(:forbidden)))`;

const want = `
  UPDATE domains SET generation = generation + 1, spec = json_set(spec, '$.power', coalesce(:power, spec ->> '$.power'))
  WHERE id = (SELECT d.id ${fromDomain})`;

/** Changes the power of a domain. */
export const actOnDomain = defineCommand({
  kind: POWER_DOMAIN,
  role: 'operator',
  request: hostActionSchema,
  read: readOwnDomain,
  target: ({ found }) => byName(found.hypervisor),
  resource: domainResource,
  status: 'pending',
  result: ({ found }) => ({ was: found.body }),
  arguments: ({ request: { name, action } }) => {
    const { power, forbiddenIn } = powerRules[action];
    return { name, power, forbidden: JSON.stringify(forbiddenIn) };
  },
  guards: [
    domainExists,
    domainStays,
    {
      id: 'wrong_state',
      holds: mayBe,
      problem: ({ database, request, found }) => wrongState(database, request.action, found),
    },
  ],
  rows: [want],
  subjects: [ownSubject],
});

const selectExpected = `SELECT ${expectedState} AS state FROM domains d WHERE d.id = :id`;

async function wrongState(database: Database, action: PowerAction, { body }: ReadDomain): Promise<Problem> {
  const [rows] = await database.read([statement<{ state: string }>(selectExpected, { id: body.id })]);
  const detail = `${action} is for no host that is ${rows[0]?.state ?? body.state}`;
  return new Problem('conflict', `Host ${body.name}: ${detail}`, {
    hint: hints[action] ?? 'GET /hosts/{hostname} shows its state',
    errors: [{ parameter: 'action', detail }],
  });
}

const hints: Readonly<Partial<Record<PowerAction, string>>> = {
  start: 'resume lets a host go on that is paused',
  shutdown: 'A guest that is paused does not notice: resume it first, or destroy it',
  resume: 'start starts a host that is off',
};
