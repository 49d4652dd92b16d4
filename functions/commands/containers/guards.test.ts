import * as v from 'valibot';
import { expect, it } from 'vitest';
import type { Capability } from '../../../schema/api/capabilities.ts';
import { insertHypervisor, rowCounts, temporaryDatabase } from '../../../test/support/database.ts';
import { defineCommand } from '../../operations/command.ts';
import { commit } from '../../operations/commit.ts';
import { byName } from '../../operations/targets/target.ts';
import { hasContainers } from './guards.ts';

/** A command that only has the guard. */
const { prepare } = defineCommand({
  kind: 'test.write',
  role: 'operator',
  request: v.object({}),
  target: byName('host1'),
  resource: () => 'tests/one',
  status: 'succeeded',
  guards: [hasContainers],
});

/** Executes it on a hypervisor that has reported this about containers. */
async function write(containers?: Capability): Promise<unknown> {
  const database = await temporaryDatabase();
  await insertHypervisor(database, 'host1', JSON.stringify({ containers }));
  const context = { database, principal: 'local', role: 'operator', host: null, isScoped: false, ifMatch: undefined };
  const before = await rowCounts(database);
  const error = await prepare({ ...context, role: 'operator' }, {})
    .then((intent) => commit(database, intent))
    .then(
      () => null,
      (thrown: unknown) => thrown,
    );
  if (error !== null) expect(await rowCounts(database)).toEqual(before);
  return error;
}

it.each<[string, Capability]>([
  ['installed', { available: true, version: 'runc 1.1.5' }],
  ['installable', { available: true, version: null, installable: true }],
  ['away', { available: false, away: true, reason: 'it hangs' }],
])('a hypervisor on which containers are %s passes', async (_, capability) => {
  expect(await write(capability)).toBeNull();
});

it('another one is a 422 with its reason, how to install what is missing, and no row', async () => {
  const reason = 'runc not installed: WEFT_SETUP is off';
  expect(await write({ available: false, reason })).toMatchObject({
    status: 422,
    message: `host1 cannot run processes in containers: ${reason}`,
    hint: expect.stringContaining('WEFT_SETUP=auto npm run setup -- containers'),
  });
});

it('so is one whose executor was never started', async () => {
  expect(await write()).toMatchObject({
    status: 422,
    message: expect.stringMatching(/: its executor has not reported its capabilities yet$/),
  });
});
