import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runcPath } from '../../../executor/drivers/oci/host-programs.ts';
import { killNow, processesWith, startTime } from '../../../executor/drivers/oci/runtime/processes.ts';
import { until } from '../until.ts';

/** Ends processes and their conmon, and removes their control groups, as the end of a host does. */
export async function endPrograms(runDirectory: string): Promise<void> {
  const bundles = join(runDirectory, 'bundles');
  for (const owner of existsSync(bundles) ? readdirSync(bundles) : []) {
    const monitors = () => processesWith(join(bundles, owner)).filter((pid) => startTime(pid) !== null);
    for (const pid of monitors()) killNow(pid);
    execFileSync(runcPath(), ['--root', join(runDirectory, 'runc'), 'delete', '--force', owner], { stdio: 'pipe' });
    await until('conmon has ended', () => monitors().length === 0);
  }
}
