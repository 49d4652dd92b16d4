import { expect, it } from 'vitest';
import { statement } from '../../../schema/database/database.ts';
import { describe } from '../../support/monitor-client.ts';
import type { MonitorStage } from './stage.ts';

/** `create c1 10.10.0.10 tag` without the address. */
const brief = (told: readonly string[]) => told.map((each) => each.replace(/ 10\.\S+/, ''));

/** What monitors tell of changes. */
export function changeTests(stage: () => MonitorStage): void {
  it('tells what comes, changes and goes, once', async () => {
    const rows = await stage().cin();
    await rows.add(['c1', 'c2']);
    const client = await stage().connect();
    await client.start({ cinID: rows.cin });
    await rows.add(['c3'], { tag: 'blue' });
    await client.untilTold(1);
    await rows.tag('red', 'c1', 'c2');
    await client.untilTold(3);
    await rows.remove('c2');
    await client.untilTold(4);
    expect(brief(client.told())).toEqual(['create c3 blue', 'update c1 red', 'update c2 red', 'destroy c2 red']);
  });

  it('tells of containers that are on the host, and only of those', async () => {
    const rows = await stage().cin(2);
    await rows.add(['c1'], { cen: `${rows.cin}-a` });
    await rows.add(['c2'], { cen: `${rows.cin}-b` });
    await rows.make('cens', `${rows.cin}-b`, false);
    const client = await stage().connect();
    expect((await client.start({ cinID: rows.cin })).response.state).toMatchObject([{ containerID: 'c1' }]);
    await rows.make('cens', `${rows.cin}-b`, true);
    await client.untilTold(1);
    await rows.make('cins', rows.cin, false);
    await client.untilTold(3);
    await rows.make('cins', rows.cin, true);
    await client.untilTold(5);
    expect(brief(client.told())).toEqual([
      ...['create c2 null', 'destroy c1 null', 'destroy c2 null', 'create c1 null', 'create c2 null'],
    ]);
  });

  it('tells that the containers of a CIN that is deleted went, and goes on when there is one of this name again', async () => {
    const rows = await stage().cin();
    await rows.add(['c1']);
    const client = await stage().connect();
    await client.start({ cinID: rows.cin });
    await rows.delete();
    await client.untilTold(1);
    await rows.insert();
    await client.untilTold(2);
    expect(brief(client.told())).toEqual(['destroy c1 null', 'create c1 null']);
  });

  it('tells the difference after a restore, of which no event tells', async () => {
    const rows = await stage().cin();
    await rows.add(['c1']);
    const client = await stage().connect();
    await client.start({ cinID: rows.cin });
    await rows.add(['c2']);
    await client.untilTold(1);
    await stage().database.write([
      statement('UPDATE database SET restore_generation = restore_generation + 1'),
      statement(`UPDATE containers SET spec = '{"tag":"restored"}' WHERE hypervisor = :hypervisor AND name = 'c1'`, {
        hypervisor: rows.hypervisor,
      }),
    ]);
    await client.untilTold(2);
    expect(brief(client.told())).toEqual(['create c2 null', 'update c1 restored']);
  });

  it('tells of a member when the operation that adds it has ended', async () => {
    const { database } = stage();
    const rows = await stage().cin();
    const [[operation]] = await database.write([
      statement<{ sequence: number }>(
        `INSERT INTO operations (id, hypervisor, kind, request, generation, status, not_before_ms, deadline_ms, attempt, done, total, principal, created_ms)
         VALUES (:id, :hypervisor, 'cen.join', '{}', 0, 'running', 0, 0, 1, 0, 1, 'test', 0) RETURNING sequence`,
        { id: crypto.randomUUID(), hypervisor: rows.hypervisor },
      ),
    ]);
    const client = await stage().connect();
    await client.start({ cinID: rows.cin });
    await rows.add(['c1'], { added: operation?.sequence ?? 0 });
    await rows.add(['c2']);
    await client.untilTold(1);
    await database.write([
      statement("UPDATE operations SET status = 'succeeded' WHERE sequence = :sequence", {
        sequence: operation?.sequence ?? 0,
      }),
      rows.event(`cens/${rows.cin}-a`),
    ]);
    await client.untilTold(2);
    expect(brief(client.told())).toEqual(['create c2 null', 'create c1 null']);
  });

  it('limits a monitor to a tag: a container that is given the tag comes, one that loses it goes', async () => {
    const rows = await stage().cin();
    await rows.add(['c1'], { tag: 'blue' });
    await rows.add(['c2'], { tag: 'red' });
    const client = await stage().connect();
    const { response } = await client.start({ cinID: rows.cin, container_tag: 'blue' });
    expect(response.state.map(({ containerID }) => containerID)).toEqual(['c1']);
    await rows.tag('blue', 'c2');
    await client.untilTold(1);
    await rows.tag('green', 'c1');
    await client.untilTold(2);
    await rows.add(['c3']);
    await rows.add(['c4'], { tag: 'blue' });
    await client.untilTold(3);
    expect(brief(client.told())).toEqual(['create c2 blue', 'destroy c1 blue', 'create c4 blue']);
  });

  it('limits a monitor to kinds of events', async () => {
    const rows = await stage().cin();
    await rows.add(['c1', 'c2']);
    const client = await stage().connect();
    const creations = (await client.start({ cinID: rows.cin, events: ['create'] })).response.monitorID;
    const others = (await client.start({ cinID: rows.cin, events: ['destroy', 'update'] })).response.monitorID;
    await rows.remove('c1');
    await rows.tag('x', 'c2');
    await client.untilTold(2, others);
    await rows.add(['c3']);
    await client.untilTold(1, creations);
    expect(brief(client.told(creations))).toEqual(['create c3 null']);
    expect(brief(client.told(others)).sort()).toEqual(['destroy c1 null', 'update c2 x']);
  });

  it('has many monitors on one connection', async () => {
    const [left, right] = [await stage().cin(), await stage().cin()];
    const client = await stage().connect();
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      const cinID = (index % 2 === 0 ? left : right).cin;
      ids.push((await client.start({ cinID })).response.monitorID);
    }
    expect(new Set(ids).size).toBe(5);
    await left.add(['l1']);
    await right.add(['r1']);
    await client.untilTold(5);
    expect(ids.map((id) => brief(client.told(id)))).toEqual(
      ids.map((_, index) => [`create ${index % 2 === 0 ? 'l1' : 'r1'} null`]),
    );
  });

  it('replaces a monitor that is started again with its id', async () => {
    const rows = await stage().cin();
    await rows.add(['c1'], { tag: 'blue' });
    const client = await stage().connect();
    const { monitorID } = (await client.start({ cinID: rows.cin })).response;
    const again = await client.start({ cinID: rows.cin, monitorID, container_tag: 'red' });
    expect(again.response).toEqual({ monitorID, state: [] });
    await rows.add(['c2'], { tag: 'blue' });
    await rows.add(['c3'], { tag: 'red' });
    await client.untilTold(1);
    expect(brief(client.told())).toEqual(['create c3 red']);
  });

  it('goes on with a monitorID on another connection, from the state of then', async () => {
    const rows = await stage().cin();
    const first = await stage().connect();
    const { monitorID } = (await first.start({ cinID: rows.cin })).response;
    await rows.add(['c1']);
    await first.untilTold(1);
    first.socket.close();
    await rows.add(['c2']);
    const second = await stage().connect();
    const { response } = await second.start({ cinID: rows.cin, monitorID });
    expect(response.monitorID).toBe(monitorID);
    expect(response.state.map(({ containerID }) => containerID)).toEqual(['c1', 'c2']);
    await rows.add(['c3']);
    await second.untilTold(1, monitorID);
    expect(brief(second.told())).toEqual(['create c3 null']);
  });

  it('loses nothing and tells nothing twice between the state and the first event', async () => {
    const rows = await stage().cin();
    const client = await stage().connect();
    const names = Array.from({ length: 20 }, (_, index) => `c${index}`);
    const starts: Promise<unknown>[] = [];
    for (const [index, name] of names.entries()) {
      await rows.add([name]);
      if (index % 4 === 2) starts.push(client.start({ cinID: rows.cin, sequence: `start${index}` }));
    }
    await Promise.all(starts);
    const answers = client.messages.filter((message) => message.type === 'response');
    expect(answers.length).toBe(5);
    for (const { response } of answers) {
      const told = await client.untilTold(names.length - response.state.length, response.monitorID);
      expect(
        [...response.state.map((each) => `create ${describe(each)}`), ...told].map((each) => each.split(' ')[1]),
      ).toEqual(names);
    }
  });
}
