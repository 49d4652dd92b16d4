import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../support/database.ts';
import { namespaces } from '../support/host.ts';
import type { ServedInstance } from '../support/instance.ts';
import { startLibsqlServer } from '../support/libsql-server.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { until } from '../support/until.ts';
import { Weft } from '../support/weft.ts';

/* A running weft whose database fails, and one that is started on a database that does. */

const ANSWERS = 50;

/** Holds the write lock in a separate process, until it is released. */
async function holdLock(weft: ServedInstance): Promise<{ release(): Promise<void> }> {
  const script = `
    import { DatabaseSync } from 'node:sqlite';
    const database = new DatabaseSync(process.argv[1], { timeout: 5000 });
    database.exec('BEGIN IMMEDIATE');
    console.log('held');
    process.stdin.on('end', () => { database.exec('COMMIT'); database.close(); }).resume();`;
  const args = ['--input-type=module', '--eval', script, weft.databaseFile];
  const holder = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(holder, 'exit');
  onTestFinished(async () => {
    holder.kill('SIGKILL');
    await exited;
  });
  await once(holder.stdout, 'data');
  return {
    async release() {
      holder.stdin.end();
      await exited;
    },
  };
}

async function refusal(weft: Weft, environment: Record<string, string> = {}, entry?: string) {
  const child = weft.launch(environment, entry);
  const [code] = await once(child, 'close');
  return { code, lines: weft.errors.trim().split('\n') };
}

const status = async (weft: ServedInstance, path: string) =>
  (await fetch(`${weft.url}${path}`).catch(() => undefined))?.status;

describe('a write lock that another process holds', () => {
  it('delays a write until it is released, while the API answers', async () => {
    const weft = await LocalWeft.start();
    const lock = await holdLock(weft);
    let isWritten = false;
    const write = weft.request('PUT', '/host/host1/waits').finally(() => {
      isWritten = true;
    });
    // If each request waited for the lock as long as SQLite does, the write would be rejected meanwhile.
    for (let answers = 0; answers < ANSWERS; answers += 1) expect(await status(weft, '/healthz')).toBe(200);
    expect(isWritten).toBe(false);
    await lock.release();
    expect((await write).status).toBe(200);
    expect(namespaces()).toEqual(['waits']);
  });
});

describe('a disk that is full for a while', () => {
  it('is a 503 with the reason, until there is room', async () => {
    const weft = await Weft.prepare();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m,mode=711', 'tmpfs', weft.stateDirectory]);
    onTestFinished(async () => {
      await weft.stop();
      execFileSync('umount', ['-l', weft.stateDirectory]);
    });
    await weft.start();
    const filler = join(weft.stateDirectory, 'filler');
    fillWith(filler);
    await until('a write is refused', async () => {
      const answer = await weft.request<{ detail: string }>('POST', '/subnets', subnet());
      if (answer.status !== 503) return false;
      expect(JSON.stringify(answer.body)).toMatch(/disk is full|database/);
      const ready = await weft.request('GET', '/readyz');
      return ready.status === 503 && /disk is full/.test(JSON.stringify(ready.body));
    });
    rmSync(filler);
    await until('a write is taken', async () => (await weft.request('PUT', '/host/host1/later')).status === 200);
    await until('it is ready', async () => (await weft.request('GET', '/readyz')).status === 200);
    expect(namespaces()).toEqual(['later']);
  });
});

/** Fills the file system, whose free space weft itself changes meanwhile. */
function fillWith(file: string): void {
  const descriptor = openSync(file, 'w');
  try {
    for (const block of [1 << 16, 1 << 12]) while (hasRoomFor(descriptor, block));
  } finally {
    closeSync(descriptor);
  }
}

function hasRoomFor(descriptor: number, block: number): boolean {
  try {
    return writeSync(descriptor, Buffer.alloc(block)) === block;
  } catch (error) {
    if (Reflect.get(Object(error), 'code') === 'ENOSPC') return false;
    throw error;
  }
}

let nextSubnet = 0;
function subnet() {
  nextSubnet += 1;
  const net = `10.${nextSubnet >> 8}.${nextSubnet & 255}`;
  return { cidr: `${net}.0/24`, start: `${net}.2`, end: `${net}.200` };
}

describe('a database file that is removed while weft runs', () => {
  it('makes every request a 503 until the same file is back', async () => {
    const weft = await LocalWeft.start();
    expect((await weft.request('PUT', '/host/host1/before')).status).toBe(200);
    renameSync(weft.databaseFile, `${weft.databaseFile}.away`);
    for (const [method, path] of [
      ['PUT', '/host/host1/lost'],
      ['GET', '/host/host1/before'],
      ['GET', '/healthz'],
      ['GET', '/readyz'],
    ] as const) {
      expect((await weft.request(method, path)).status).toBe(503);
    }
    renameSync(`${weft.databaseFile}.away`, weft.databaseFile);
    await until('it is ready again', async () => (await status(weft, '/readyz')) === 200);
    expect((await weft.request('PUT', '/host/host1/after')).status).toBe(200);
    expect(namespaces().sort()).toEqual(['after', 'before']);
  });
});

/** A weft that has made a container and has ended. */
async function ended(container: string): Promise<LocalWeft> {
  const weft = await LocalWeft.start();
  await weft.request('PUT', `/host/host1/${container}`);
  await weft.stop();
  return weft;
}

describe('a start', () => {
  it.each<[string, RegExp, (weft: Weft) => void]>([
    [
      'on a file that is no database',
      /not an SQLite database/,
      (weft) => writeFileSync(weft.databaseFile, 'x'.repeat(9000)),
    ],
    ['on a database with a damaged page', /damaged/, damage],
  ])('%s is refused in one line, and its process ends', async (_what, line, make) => {
    const weft = await Weft.prepare();
    mkdirSync(dirname(weft.databaseFile), { mode: 0o700 });
    make(weft);
    const { code, lines } = await refusal(weft);
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(line)]);
  });

  it('on an empty database in place of a recorded one is refused, and removes nothing', async () => {
    const weft = await ended('stays');
    for (const ending of ['', '-wal', '-shm']) rmSync(`${weft.databaseFile}${ending}`, { force: true });
    writeFileSync(weft.databaseFile, '');
    const { code, lines } = await refusal(await Weft.prepare(), { WEFT_STATE_DIR: weft.stateDirectory });
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(/^weft: The state directory remembers the database .*remove the notes/),
    ]);
    expect(namespaces()).toEqual(['stays']);
  });

  it('on a database of a newer version is refused, and removes nothing', async () => {
    const weft = await ended('stays');
    await weft.sql("INSERT INTO migrations (name, applied_at, oldest) VALUES ('0099_later.sql', 'now', '99.0.0')");
    const { code, lines } = await refusal(await Weft.prepare(), { WEFT_STATE_DIR: weft.stateDirectory });
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/does not know 0099_later\.sql. Run weft 99\.0\.0 or later/)]);
    expect(namespaces()).toEqual(['stays']);
  });

  it('that fails half-way ends its process, whatever it had begun', async () => {
    const weft = await Weft.prepare();
    const { code, lines } = await refusal(weft, {}, 'test/support/failing-start.ts');
    expect(code).toBe(1);
    expect(lines).toEqual(['weft: it fails as planned']);
  });

  it('without a database server waits for it, serves 503, and works when the server is there', async () => {
    const port = await freePort();
    const weft = await Weft.prepare();
    const environment = { WEFT_DATABASE_URL: `http://127.0.0.1:${port}` };
    weft.launch(environment);
    await until('the API answers', async () => (await status(weft, '/healthz')) === 503);
    expect(weft.output.match(/waiting for the database/g)).toHaveLength(1);
    const path = join(temporaryDirectory(), 'server.db');
    const server = await startLibsqlServer(path);
    const relay = createServer((client) => {
      const upstream = connect(Number(new URL(server.url).port), '127.0.0.1');
      for (const end of [client, upstream]) end.on('error', () => end.destroy());
      client.pipe(upstream).pipe(client);
    });
    await new Promise<void>((resolve) => relay.listen(port, '127.0.0.1', resolve));
    onTestFinished(async () => {
      await weft.stop();
      await server.close();
      await new Promise((resolve) => relay.close(resolve));
    });
    await until('it is ready', async () => (await status(weft, '/readyz')) === 200);
    expect((await weft.request('PUT', '/host/host1/works')).status).toBe(200);
  });

  it('that waits for a database server exits at SIGTERM with 0', async () => {
    const weft = await Weft.prepare();
    weft.launch({ WEFT_DATABASE_URL: `http://127.0.0.1:${await freePort()}` });
    await until('the API answers', async () => (await status(weft, '/healthz')) === 503);
    expect(await weft.end('SIGTERM')).toBe(0);
    expect(weft.errors).toBe('');
  });

  it('takes over the database of an earlier version', async () => {
    const earlier = await ended('kept');
    renameSync(earlier.databaseFile, join(earlier.stateDirectory, 'weft.db'));
    const weft = await Weft.start({ WEFT_STATE_DIR: earlier.stateDirectory });
    expect((await weft.request('GET', '/host/host1/kept')).status).toBe(200);
    expect(statSync(earlier.databaseFile).mode & 0o777).toBe(0o600);
  });
});

/** Damages the table of migrations. */
function damage({ databaseFile }: Weft): void {
  const database = new DatabaseSync(databaseFile);
  database.exec('CREATE TABLE migrations (name TEXT PRIMARY KEY NOT NULL, applied_at TEXT NOT NULL)');
  database.close();
  const file = openSync(databaseFile, 'r+');
  writeSync(file, Buffer.alloc(4096, 0x5a), 0, undefined, statSync(databaseFile).size - 4096);
  closeSync(file);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
