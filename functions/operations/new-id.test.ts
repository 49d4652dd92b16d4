import { expect, it } from 'vitest';
import { idSeries, newId } from './new-id.ts';

const version7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

it('ids of a series are distinct UUIDs of version 7', () => {
  const series = [idSeries(), idSeries()];
  const ids = Array.from({ length: 40_000 }, (_, index) => series[index % 2]?.() ?? '');
  expect(ids.filter((id) => !version7.test(id))).toEqual([]);
  expect(new Set([...ids, newId()]).size).toBe(40_001);
});
