import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The Worker as a deployment would bundle it. */
export interface WorkerBundle {
  readonly code: string;
  readonly compatibilityDate: string;
  /** wrangler's configuration and output. */
  readonly configPath: string;
  readonly outputDirectory: string;
}

/** Bundles the Worker into a directory, so that wrangler's scratch files are not in the checkout. Takes seconds. */
export function bundleWorker(directory: string): WorkerBundle {
  const configuration = readFileSync(join(root, 'wrangler.toml'), 'utf8');
  const configPath = join(directory, 'wrangler.toml');
  writeFileSync(configPath, configuration.replace(/^main = "/m, `$&${root}`));
  execFileSync(
    process.execPath,
    [
      join(root, 'node_modules/wrangler/bin/wrangler.js'),
      'deploy',
      '--dry-run',
      '--config',
      configPath,
      '--outdir',
      'out',
    ],
    {
      cwd: directory,
      env: { ...process.env, CI: 'true', WRANGLER_SEND_METRICS: 'false', XDG_CONFIG_HOME: directory },
      stdio: 'pipe',
    },
  );
  const outputDirectory = join(directory, 'out');
  return {
    code: readFileSync(join(outputDirectory, 'worker.js'), 'utf8'),
    compatibilityDate: /^compatibility_date = "(.+)"$/m.exec(configuration)?.[1] ?? '',
    configPath,
    outputDirectory,
  };
}
