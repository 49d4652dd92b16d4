const COLUMN_MAX = 60;
const GAP = '  ';

/** Rows as a table for people: numbers right-aligned, long texts truncated. */
export function formatTable(rows: readonly Record<string, unknown>[]): string {
  const first = rows[0];
  if (!first) return 'no rows';
  const columns = Object.keys(first).map((name) => {
    const cells = rows.map((row) => cell(row[name]));
    const width = Math.max(name.length, ...cells.map((value) => value.length));
    const pad = rows.every((row) => typeof row[name] === 'number') ? 'padStart' : 'padEnd';
    return [name[pad](width), '-'.repeat(width), ...cells.map((value) => value[pad](width))];
  });
  const lines = Array.from({ length: rows.length + 2 }, (_, line) =>
    columns
      .map((column) => column[line])
      .join(GAP)
      .trimEnd(),
  );
  return lines.join('\n');
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = String(value).replaceAll(/\s+/g, ' ');
  return text.length <= COLUMN_MAX ? text : `${text.slice(0, COLUMN_MAX - 1)}…`;
}
