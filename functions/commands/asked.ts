import type { Database } from '../../schema/database/database.ts';

/** Who asks for something, and of which hypervisor. */
export interface Asked {
  readonly database: Database;
  readonly principal: string;
  /** Id or name of the hypervisor that the path names; null: it names none. */
  readonly host: string | null;
}
