import type { GetColumnData } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';

/** A row of a table as SQL returns it: columns by their names in SQL, with the types that the table declares. */
export type RowOf<Table extends SQLiteTable> = {
  readonly [Key in keyof Table['_']['columns'] as Table['_']['columns'][Key]['_']['name']]: GetColumnData<
    Table['_']['columns'][Key]
  >;
};
