import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.ts';

/*
 * Writes over HTTP that are durable when they are answered, from wrk(1), whose own work does not hide the server's.
 * Each makes a network that has no container yet: a row, an operation, and an event, and nothing on the host.
 * Run by `npm run bench` in a network and mount namespace of its own.
 */

const address = '127.0.0.1:8080';
const root = fileURLToPath(new URL('../../', import.meta.url));
const CONNECTIONS = 32;
const SECONDS = 5;

/** Each request of each thread of wrk makes another network. */
const script = `
local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("id", threads)
end
function init() count = 0 end
function request()
  count = count + 1
  return wrk.format("PUT", "/cen/" .. round .. "-" .. id .. "-" .. count)
end
`;

interface Figures {
  readonly rate: string;
  readonly latency99: string;
  readonly refused: string;
}

function load(directory: string, round: string): Figures {
  const file = join(directory, 'accepts.lua');
  writeFileSync(file, `round = "${round}"\n${script}`);
  const args = ['--threads', '2', '--connections', `${CONNECTIONS}`, '--duration', `${SECONDS}s`, '--latency'];
  const output = execFileSync('wrk', [...args, '--script', file, `http://${address}/`], { encoding: 'utf8' });
  const find = (pattern: RegExp) => pattern.exec(output)?.[1] ?? '0';
  return {
    rate: find(/Requests\/sec:\s+([\d.]+)/),
    latency99: find(/99%\s+(\S+)/),
    refused: find(/Non-2xx or 3xx responses: (\d+)/),
  };
}

async function measure(synchronous: 'full' | 'normal'): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'weft-bench-'));
  const weft = spawn(process.execPath, [join(root, 'start.ts')], {
    env: {
      ...process.env,
      ...{ WEFT_STATE_DIR: directory, WEFT_LISTEN: address, WEFT_LOG: 'error', WEFT_DATABASE_SYNCHRONOUS: synchronous },
    },
    stdio: 'inherit',
  });
  try {
    const isReady = async () => (await fetch(`http://${address}/readyz`).catch(() => undefined))?.status === 200;
    await until('weft is ready', isReady);
    load(directory, 'warm');
    const { rate, latency99, refused } = load(directory, 'hot');
    const what = `durable accepts (synchronous ${synchronous}), ${CONNECTIONS} connections of wrk`;
    console.log(`${what.padEnd(72)} ${Math.round(Number(rate))} a second, p99 ${latency99}, refused ${refused}`);
  } finally {
    weft.kill('SIGTERM');
    await new Promise((resolve) => weft.once('exit', resolve));
    rmSync(directory, { recursive: true, force: true });
  }
}

await measure('full');
await measure('normal');
