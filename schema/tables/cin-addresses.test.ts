import { describe, expect, it } from 'vitest';
import { temporaryDatabase } from '../../test/support/database.ts';
import { type Database, statement } from '../database/database.ts';

const resource = "'{}', 1, 'present', 'pending', 0, 0";
const columns = 'id, hypervisor, name, spec, generation, desired, state, state_since_ms, created_ms';

interface Network {
  readonly database: Database;
  add(cen: string, ...containers: readonly string[]): Promise<void>;
  remove(cen: string, container: string): Promise<void>;
  addresses(): Promise<Record<string, number>>;
}

/** A CIN `cin` with room for `size` addresses, over `a` and `b`; `c` is in none. */
async function network(size = 65_536): Promise<Network> {
  const database = await temporaryDatabase();
  const insertContainer = `INSERT OR IGNORE INTO containers (${columns}, short_name) VALUES (:id, 'h', :id, ${resource}, :id)`;
  await database.write([
    ...['a', 'b', 'c'].map((id) =>
      statement(`INSERT INTO cens (${columns}, link_name) VALUES (:id, 'h', :id, ${resource}, :id)`, { id }),
    ),
    statement(
      `INSERT INTO cins (${columns}, first, last, prefix, first_offset)
       VALUES ('cin', 'h', 'cin', ${resource}, 1000000, :last, 16, 10)`,
      { last: 1_000_000 + size - 1 },
    ),
    ...['a', 'b'].map((cen, position) =>
      statement('INSERT INTO cin_cens (cin, cen, position, added) VALUES (:cin, :cen, :position, 1)', {
        cin: 'cin',
        cen,
        position,
      }),
    ),
  ]);
  return {
    database,
    async add(cen, ...containers) {
      await database.write([
        ...containers.map((id) => statement(insertContainer, { id })),
        statement(
          `INSERT INTO members (cen, container, position, ordinal, outside, added)
           SELECT :cen, value, key, (SELECT count(*) FROM members WHERE container = value), value || :cen, 1
           FROM json_each(:containers)`,
          { cen, containers: JSON.stringify(containers) },
        ),
      ]);
    },
    async remove(cen, container) {
      await database.write([
        statement('DELETE FROM members WHERE cen = :cen AND container = :container', { cen, container }),
      ]);
    },
    async addresses() {
      const [rows] = await database.read([
        statement<{ container: string; offset: number }>(
          'SELECT container, offset FROM cin_addresses WHERE container IS NOT NULL ORDER BY offset',
        ),
      ]);
      return Object.fromEntries(rows.map(({ container, offset }) => [container, offset]));
    },
  };
}

describe('a container has an address of the CIN', () => {
  it('from its first membership to the end of its last one', async () => {
    const { add, remove, addresses } = await network();
    await add('a', 'c1', 'c2');
    await add('b', 'c2', 'c3');
    expect(await addresses()).toEqual({ c1: 10, c2: 11, c3: 12 });
    await remove('a', 'c2');
    expect(await addresses()).toEqual({ c1: 10, c2: 11, c3: 12 });
    await remove('b', 'c2');
    expect(await addresses()).toEqual({ c1: 10, c3: 12 });
  });

  it('the lowest one that is free', async () => {
    const { add, remove, addresses } = await network();
    await add('a', 'c1', 'c2', 'c3', 'c4');
    await remove('a', 'c3');
    await remove('a', 'c1');
    await add('a', 'c5', 'c6', 'c7');
    expect(await addresses()).toEqual({ c5: 10, c2: 11, c6: 12, c4: 13, c7: 14 });
  });

  it('as long as its CEN is in the CIN', async () => {
    const { database, add, addresses } = await network();
    await add('c', 'c8', 'c9');
    await add('a', 'c9');
    expect(await addresses()).toEqual({ c9: 10 });
    await database.write([statement("INSERT INTO cin_cens (cin, cen, position, added) VALUES ('cin', 'c', 2, 1)")]);
    expect(await addresses()).toEqual({ c9: 10, c8: 11 });
    await database.write([statement("DELETE FROM cin_cens WHERE cen = 'c'")]);
    expect(await addresses()).toEqual({ c9: 10 });
  });

  it('which is free when the container is deleted', async () => {
    const { database, add, addresses } = await network();
    await add('a', 'c1', 'c2');
    await database.write([statement("DELETE FROM containers WHERE id = 'c1'")]);
    await add('a', 'c3');
    expect(await addresses()).toEqual({ c3: 10, c2: 11 });
  });
});

it('no container gets the last address of a block, and one without an address does not join', async () => {
  const { add, addresses } = await network(16);
  await add('a', 'c1', 'c2', 'c3', 'c4', 'c5');
  await expect(add('a', 'c6')).rejects.toThrow('no free address in cin_addresses');
  expect(await addresses()).toEqual({ c1: 10, c2: 11, c3: 12, c4: 13, c5: 14 });
});
