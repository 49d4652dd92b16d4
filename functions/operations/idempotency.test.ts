import { describe, expect, it } from 'vitest';
import { statement } from '../../schema/database/database.ts';
import { api } from '../../test/support/api.ts';
import { rowCounts } from '../../test/support/database.ts';

const body = { cenList: [{ cenID: 'lan', containerIDs: ['a', 'b'] }] };
const key = { 'idempotency-key': 'order-66' };

describe('an idempotency key', () => {
  it('makes a hundred concurrent posts one operation with one answer', async () => {
    const { database, ask } = await api();
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask('POST', '/cen/import', body, key)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ headers }) => headers.get('operation-id'))).size).toBe(1);
    expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
    expect((await rowCounts(database)).operations).toBe(1);
  });

  it('with another request is a 422 that names the first', async () => {
    const { database, ask } = await api();
    await ask('POST', '/cen/import', body, key);
    const before = await rowCounts(database);
    for (const answer of [
      await ask('POST', '/cen/import', { cenList: [] }, key),
      await ask('PUT', '/cen/lan', undefined, key),
    ]) {
      expect(answer.status).toBe(422);
      expect(await answer.json()).toMatchObject({
        errors: [{ parameter: 'Idempotency-Key', detail: 'was used for another request' }],
      });
    }
    expect(await rowCounts(database)).toEqual(before);
  });

  it('repeats the answer of a removal after the resource is gone', async () => {
    const { database, ask } = await api();
    await ask('POST', '/cen/import', body);
    const asked = ask('DELETE', '/cen/lan', undefined, key);
    // There is no executor here: this writes the end of the removal as an executor would.
    await expect.poll(async () => (await rowCounts(database)).operation_subjects).toBe(3);
    await database.write([
      statement('DELETE FROM cens'),
      statement("UPDATE operations SET status = 'succeeded' WHERE kind = 'cen.delete'"),
      statement('DELETE FROM operation_subjects'),
    ]);
    const first = await asked;
    const second = await ask('DELETE', '/cen/lan', undefined, key);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(await second.json()).toEqual(await first.json());
    expect((await ask('DELETE', '/cen/lan')).status).toBe(404);
  });

  it('is not used up by a request that was refused', async () => {
    const { ask } = await api();
    expect((await ask('POST', '/cen/make', ['lan'], key)).status).toBe(404);
    await ask('POST', '/cen/import', body);
    expect((await ask('POST', '/cen/make', ['lan'], key)).status).toBe(202);
  });

  it('is 1 to 255 visible characters', async () => {
    const { ask } = await api();
    for (const wrong of ['two words', 'x'.repeat(256)]) {
      const answer = await ask('PUT', '/cen/a', undefined, { 'idempotency-key': wrong });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ errors: [{ parameter: 'Idempotency-Key' }] });
    }
  });
});
