import { describe, expect, it } from 'vitest';
import { namespaces } from '../support/host.ts';
import { until } from '../support/until.ts';
import { Weft } from '../support/weft.ts';

const importLan = { cenList: [{ cenID: 'lan', containerIDs: ['a', 'b', 'c'] }] };

/** A hundred concurrent requests with one key; the answered ones, by status and operation. */
async function hundred(weft: Weft, body: unknown): Promise<string[]> {
  const headers = { 'idempotency-key': 'only-once', prefer: 'wait=20' };
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => weft.request('POST', '/cen/make', body, headers).catch(() => undefined)),
  );
  return answers.flatMap((answer) =>
    answer === undefined ? [] : [`${answer.status} ${answer.headers.get('operation-id')}`],
  );
}

describe('a request that is repeated with one key, while weft is killed', () => {
  it('is one operation with one answer', async () => {
    const weft = await Weft.start();
    await weft.request('POST', '/cen/import', importLan);
    const count = async () =>
      (await weft.sql("SELECT id FROM operations WHERE kind = 'cen.make' AND parent IS NULL")).length;
    const storm = hundred(weft, ['lan']);
    await until('it was recorded', async () => (await count()) > 0);
    await weft.end('SIGKILL');
    await storm;
    await weft.start();
    const answers = await hundred(weft, ['lan']);
    expect(answers).toHaveLength(100);
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^200 /);
    expect(await count()).toBe(1);
    expect(namespaces()).toEqual(['a', 'b', 'c']);
    const other = await hundred(weft, ['lan', 'wan']);
    expect(new Set(other.map((answer) => answer.slice(0, 3)))).toEqual(new Set(['422']));
    expect(await count()).toBe(1);
  });
});
