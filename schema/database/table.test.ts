import { expect, it } from 'vitest';
import { formatTable } from './table.ts';

it('aligns columns, numbers to the right, and truncates long texts', () => {
  const rows = [
    { cen: 'cen1', size: 4, error: null },
    { cen: 'a', size: 12, error: 'x'.repeat(80) },
  ];
  expect(formatTable(rows)).toBe(
    ['cen   size  error', `----  ----  ${'-'.repeat(60)}`, 'cen1     4', `a       12  ${'x'.repeat(59)}…`].join('\n'),
  );
});

it('reports an empty result', () => {
  expect(formatTable([])).toBe('no rows');
});
