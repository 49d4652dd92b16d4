import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { has } from '../../../schema/statements/technologies.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { byName, type Target } from '../../operations/targets/target.ts';
import { noExecutorHint } from '../networks/problems.ts';

const onlyOne = 'SELECT CASE count(*) WHEN 1 THEN max(h.id) END FROM hypervisors h';
const capable = has('h', 'containers');

/** The hypervisor that the path names, else the only one that can have images: an image belongs to one. */
export function ofImage({ host }: Pick<CommandContext, 'host'>): Target {
  if (host !== null) return byName(host);
  return { sql: `coalesce((${onlyOne}), (${onlyOne} WHERE ${capable}))`, args: {}, problem: noneOrSeveral };
}

async function noneOrSeveral(database: Database): Promise<Problem> {
  const [hosts] = await database.read([
    statement<{ name: string; capable: number }>(
      `SELECT h.name, ${capable} AS capable FROM hypervisors h ORDER BY h.created_ms, h.name`,
    ),
  ]);
  if (hosts.length === 0) {
    return new Problem('impossible', 'No hypervisor is registered', { hint: noExecutorHint });
  }
  const able = hosts.filter((each) => each.capable === 1);
  const [first] = able;
  if (first === undefined) {
    return new Problem('impossible', `None of ${hosts.length} hypervisors can have images`, { hint: setUpHint });
  }
  return new Problem('conflict', `An image belongs to one hypervisor, and ${able.length} can have it`, {
    hint: `Name the hypervisor in front of the path: /hypervisors/${first.name}/images`,
    errors: able.map(({ name }) => ({ hypervisor: name, detail: 'can have it' })),
  });
}

export const setUpHint = 'npm run setup -- containers installs what images need; start the executor again after that';
