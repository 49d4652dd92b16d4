import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vitest/config';

const database = fileURLToPath(new URL('../../schema/database/database.ts', import.meta.url));
const collector = fileURLToPath(new URL('collected.mjs', import.meta.url));
const OBSERVED = '?observed';

/*
 * In a process of vitest both weft and tests make statements. The importer of `statement` tells them apart: weft's
 * modules get one that records what it makes.
 */
export function collectStatements(): Plugin {
  return {
    name: 'weft:collect-statements',
    enforce: 'pre',
    async resolveId(source, importer, options) {
      if (importer === undefined || !source.endsWith('/database.ts') || isLeftAlone(importer)) return null;
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true });
      return resolved?.id === database ? `${database}${OBSERVED}` : null;
    },
    load: (id) => (id === `${database}${OBSERVED}` ? observedModule : null),
  };
}

/** Nor is what passes statements on of interest, and migrations, which run once. */
function isLeftAlone(file: string): boolean {
  return ['/test/', '.test.ts', '/schema/database/', OBSERVED].some((part) => file.includes(part));
}

const observedModule = `
  import * as original from ${JSON.stringify(database)};
  import { collect } from ${JSON.stringify(collector)};
  const known = new Set();
  function observed(make) {
    return (...args) => {
      const made = make(...args);
      if (!known.has(made.sql)) {
        known.add(made.sql);
        collect(made.sql);
      }
      return made;
    };
  }
  export * from ${JSON.stringify(database)};
  export const statement = observed(original.statement);
  export const guard = observed(original.guard);
`;
