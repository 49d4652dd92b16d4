import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

/** There while systemd runs the host: sd_booted(3). */
const SYSTEMD = '/run/systemd/system';
const ANSWER_MS = 2_000;

/** Whether the host is being shut down or rebooted, as far as systemd knows; on a host without it: false. */
export async function isHostGoingDown(): Promise<boolean> {
  if (!existsSync(SYSTEMD)) return false;
  return new Promise((resolve) => {
    const options = { timeout: ANSWER_MS, killSignal: 'SIGKILL' } as const;
    // It exits with an error in most states, and says which in any.
    execFile('systemctl', ['is-system-running'], options, (_error, output) => resolve(output.trim() === 'stopping'));
  });
}
