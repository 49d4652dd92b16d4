import { describe, expect, it } from 'vitest';
import { insertHypervisor, temporaryDatabase } from '../../../test/support/database.ts';
import { statement } from '../../database/database.ts';
import type { SeenProcess } from './process.ts';
import { runningProcessesNote, type SeenNote, seenProcessesNote } from './process-note.ts';

const running: SeenProcess = {
  ...{ number: 1, running: true, started: 1_000, finished: null, exit_code: null, reason: null },
  ...{ restarts: 0, failures: 0 },
};
const exited: SeenProcess = { ...running, running: false, finished: 2_000, exit_code: 3, failures: 1 };

const insert = `
  INSERT INTO containers (id, hypervisor, name, spec, generation, desired, state, state_since_ms, created_ms, short_name)
  SELECT value ->> 'name' || ' id', :hypervisor, value ->> 'name', '{}', 1, 'present', value ->> 'state', 5, 0, value ->> 'name'
  FROM json_each(:containers)`;

/** Containers in these states, since 5. */
async function stage(states: Readonly<Record<string, string>>) {
  const database = await temporaryDatabase();
  const hypervisor = await insertHypervisor(database);
  const containers = JSON.stringify(Object.entries(states).map(([name, state]) => ({ name, state })));
  await database.write([statement(insert, { hypervisor, containers })]);
  const read = async (sql: string) => (await database.read([statement(sql)]))[0];
  return {
    hypervisor,
    note: async (found: readonly SeenNote[], on = hypervisor) =>
      database.write(seenProcessesNote.statements(on, found)),
    running: async (on = hypervisor) => (await database.read(runningProcessesNote.statements(on, null)))[0],
    states: () => read('SELECT name, state, state_since_ms = 5 AS since, process FROM containers ORDER BY name'),
    events: () => read("SELECT type, subject, data FROM events WHERE type GLOB 'process.*' ORDER BY sequence"),
  };
}

const stateOf = (name: string, state: string, since: 0 | 1, seen: SeenProcess | null) => ({
  ...{ name, state, since, process: seen && JSON.stringify(seen) },
});

describe('a process that was seen', () => {
  it('is recorded with the state of its container, and told, once', async () => {
    const { hypervisor, note, states, events } = await stage({ a: 'preparing', b: 'running', c: 'running' });
    const found = [
      { owner: 'a id', seen: running },
      { owner: 'b id', seen: exited },
    ];
    const eventOf = (name: string, type: string, seen: SeenProcess) => ({
      ...{ type, subject: `hypervisors/${hypervisor}/containers/${name}`, data: JSON.stringify(seen) },
    });
    for (let times = 0; times < 2; times += 1) {
      await note(found);
      expect(await states()).toEqual([
        stateOf('a', 'running', 0, running),
        stateOf('b', 'exited', 0, exited),
        stateOf('c', 'running', 1, null),
      ]);
      expect(await events()).toEqual([
        eventOf('a', 'process.running', running),
        eventOf('b', 'process.exited', exited),
      ]);
    }
  });

  it('that was started again keeps since when its container runs', async () => {
    const { note, states, events } = await stage({ a: 'running' });
    const again = { ...running, restarts: 1 };
    await note([{ owner: 'a id', seen: running }]);
    await note([{ owner: 'a id', seen: again }]);
    expect(await states()).toEqual([stateOf('a', 'running', 1, again)]);
    expect(await events()).toHaveLength(2);
  });

  it.each(['failed', 'degraded', 'declared'])(
    'leaves a container that is %s as it is, and since when',
    async (state) => {
      const { note, states } = await stage({ a: state });
      await note([{ owner: 'a id', seen: exited }]);
      expect(await states()).toEqual([stateOf('a', state, 1, exited)]);
    },
  );

  it('of no container, or of one of another hypervisor, is nothing', async () => {
    const { note, states, events } = await stage({ a: 'running' });
    await note([{ owner: 'gone', seen: running }]);
    await note([{ owner: 'a id', seen: exited }], crypto.randomUUID());
    expect(await states()).toEqual([stateOf('a', 'running', 1, null)]);
    expect(await events()).toEqual([]);
  });
});

it('the processes that were running are read, of one hypervisor', async () => {
  const stages = await stage({ a: 'running', b: 'running', c: 'running' });
  await stages.note([
    { owner: 'a id', seen: running },
    { owner: 'b id', seen: exited },
  ]);
  expect(await stages.running()).toEqual([{ owner: 'a id', process: JSON.stringify(running) }]);
  expect(await stages.running(crypto.randomUUID())).toEqual([]);
});
