import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ContainerRuntime, RuntimeOptions } from '../../../executor/drivers/oci/runtime/driver.ts';
import { openRuntime } from '../../../executor/drivers/oci/runtime/runtime.ts';
import { temporaryDirectory } from '../database.ts';
import { OWNER, startRequest } from './request.ts';

export { OWNER };
export const SLEEP = ['/bin/busybox', 'sleep', '600'];

/** An image with busybox, and a network namespace for each owner; all that runs is removed when the test has ended. */
export function makeStage(owners: readonly string[] = [OWNER]) {
  const base = temporaryDirectory();
  const lower = join(base, 'image');
  for (const name of ['bin', 'proc']) mkdirSync(join(lower, name), { recursive: true });
  copyFileSync('/usr/bin/busybox', join(lower, 'bin/busybox'));
  const directories = { directory: join(base, 'layers'), runDirectory: join(base, 'run') };
  const opened: ContainerRuntime[] = [];
  const open = async (options: Partial<RuntimeOptions> = {}) => {
    const runtime = await openRuntime({ ...directories, log: () => {}, ...options });
    opened.push(runtime);
    return runtime;
  };
  for (const owner of owners) execFileSync('ip', ['netns', 'add', owner]);
  onTestFinished(async () => {
    for (const runtime of opened) await runtime.close();
    const last = await openRuntime({ ...directories, log: () => {} });
    for (const owner of owners) await last.remove({ owner });
    await last.close();
    for (const owner of owners) execFileSync('ip', ['netns', 'delete', owner]);
  });
  return { ...directories, base, lower, open, request: (args: readonly string[]) => startRequest(lower, args) };
}

export async function viewOf(runtime: ContainerRuntime) {
  return (await runtime.view([OWNER])).get(OWNER);
}
