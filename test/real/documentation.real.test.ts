import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { example, exampleCens, waiting } from '../conformance/example.ts';
import { blocksOf, runExamples } from '../support/examples.ts';
import { linkNames, namespaces } from '../support/host.ts';
import { until } from '../support/until.ts';
import { Weft } from '../support/weft.ts';

/** The pages use 127.0.0.1:8080, which is free in the test's own network namespace. */
async function weftOfThePages(): Promise<{ weft: Weft; environment: Record<string, string> }> {
  const weft = await Weft.prepare(8080);
  await weft.start({}, 'npm start');
  return { weft, environment: { WEFT_STATE_DIR: weft.stateDirectory } };
}

describe('the commands of', () => {
  it('README.md have the output that it shows', async () => {
    const { environment } = await weftOfThePages();
    runExamples('README.md', environment);
    expect(namespaces()).toEqual([]);
    expect(linkNames(null)).toEqual([]);
  });

  it('docs/operations.md have the output that it shows', async () => {
    const { environment } = await weftOfThePages();
    runExamples('docs/operations.md', environment);
  });

  it('docs/leviathan.md have the output that it shows', async () => {
    const { environment } = await weftOfThePages();
    runExamples('docs/leviathan.md', environment);
    expect(linkNames(null)).toEqual([]);
  });

  it('docs/hypervisors.md have the output that it shows', async () => {
    const { environment } = await weftOfThePages();
    runExamples('docs/hypervisors.md', environment);
    expect(linkNames(null)).toEqual([]);
  });
});

describe('the commands of docs/spp.md', () => {
  it('have the output that it shows, with the stand-ins that it starts', async () => {
    const { environment } = await weftOfThePages();
    const standIns = spawn(process.execPath, ['test/stand-ins/spp/start.ts'], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(async () => {
      const ended = once(standIns, 'exit');
      standIns.kill('SIGTERM');
      await ended;
    });
    const [line] = await once(standIns.stdout, 'data');
    expect(String(line)).toMatch(/^connected: /);
    await until('they are listed', async () => {
      const answer = await fetch('http://127.0.0.1:8080/v1/processes');
      return ((await answer.json()) as unknown[]).length === 3;
    });
    runExamples('docs/spp.md', environment);
  });
});

describe('the queries of docs/sql.md', () => {
  it('have the same results in weft’s own shell and in Debian’s sqlite3', async () => {
    const { weft, environment } = await weftOfThePages();
    await weft.request('POST', '/cen/import', example);
    await weft.request('POST', '/cen/make', exampleCens, waiting);
    const queries = blocksOf('docs/sql.md').filter(({ language }) => language === 'sql');
    expect(queries.length).toBeGreaterThan(5);
    for (const { text } of queries) {
      const ours = execFileSync('npm', ['run', '--silent', 'sql', '--', '--json', text], {
        encoding: 'utf8',
        env: { ...process.env, ...environment },
      });
      const theirs = execFileSync('sqlite3', ['-readonly', '-json', weft.databaseFile, text], {
        encoding: 'utf8',
      });
      expect(JSON.parse(ours)).toEqual(theirs === '' ? [] : JSON.parse(theirs));
    }
    const reachable = execFileSync(
      'npm',
      ['run', '--silent', 'sql', '--', queries.find(({ text }) => text.includes('other.container'))?.text ?? ''],
      {
        encoding: 'utf8',
        env: { ...process.env, ...environment },
      },
    );
    expect(reachable).toBe('container\n---------\nc1\nc13\nc14\nc3\n');
  });

  it('every view on the page can be read by any sqlite3, and the page lists all of them', async () => {
    const { weft } = await weftOfThePages();
    const file = weft.databaseFile;
    const ask = (query: string) => execFileSync('sqlite3', ['-readonly', file, query], { encoding: 'utf8' }).trim();
    const views = ask("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name").split('\n');
    const page = readFileSync(new URL('../../docs/sql.md', import.meta.url), 'utf8');
    for (const view of views) expect(page).toMatch(new RegExp(`^## .*\\b${view}\\b`, 'm'));
    for (const view of views) expect(ask(`SELECT count(*) >= 0 FROM (SELECT * FROM ${view})`)).toBe('1');
  });

  it('cannot change the database', async () => {
    const { environment } = await weftOfThePages();
    expect(() =>
      execFileSync('npm', ['run', '--silent', 'sql', '--', 'DELETE FROM operations'], {
        env: { ...process.env, ...environment },
        stdio: 'pipe',
      }),
    ).toThrow(/readonly|query_only|read-only/i);
  });
});
