import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { queryFile } from '../../schema/database/read-only.ts';
import { example, exampleCens, waiting } from '../conformance/example.ts';
import { blocksOf, runExamples } from '../support/examples.ts';
import { linkNames, namespaces } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { until } from '../support/until.ts';
import { Weft } from '../support/weft.ts';

/** What `npm run sql --` runs when everything is set up. */
const shell = [process.execPath, 'schema/database/shell.ts'];

describe('the commands of the pages', () => {
  it('do what they say, one page after the other, and leave nothing on the host', async () => {
    // The pages use 127.0.0.1:8080, which is free in the test's own network namespace.
    const weft = await Weft.prepare(8080);
    await weft.start({}, 'npm start');
    const run = (page: string, sql?: string) => {
      runExamples(page, { WEFT_STATE_DIR: weft.stateDirectory }, sql);
      expect({ page, left: [...namespaces(), ...linkNames(null)] }).toEqual({ page, left: [] });
    };
    run('docs/operations.md');
    for (const name of ['first', 'second']) expect((await weft.request('DELETE', `/cen/${name}`)).status).toBe(200);
    run('docs/hypervisors.md', shell.join(' '));
    run('docs/leviathan.md');
    run('README.md');
    await startStandIns();
    run('docs/spp.md', shell.join(' '));
  });
});

/** The processes to which docs/spp.md speaks, connected. */
async function startStandIns(): Promise<void> {
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
}

describe('the queries of docs/sql.md', () => {
  it('have the same results in weft’s own shell and in Debian’s sqlite3', async () => {
    const weft = await LocalWeft.start();
    await weft.request('POST', '/cen/import', example);
    await weft.request('POST', '/cen/make', exampleCens, waiting);
    const queries = blocksOf('docs/sql.md').filter(({ language }) => language === 'sql');
    expect(queries.length).toBeGreaterThan(5);
    for (const { text } of queries) {
      const ours = queryFile(weft.databaseFile, text);
      const theirs = execFileSync('sqlite3', ['-readonly', '-json', weft.databaseFile, text], { encoding: 'utf8' });
      expect(ours.map((row) => ({ ...row }))).toEqual(theirs === '' ? [] : JSON.parse(theirs));
    }
    const environment = { ...process.env, WEFT_STATE_DIR: weft.stateDirectory };
    const reachable = queries.find(({ text }) => text.includes('other.container'))?.text ?? '';
    const options = { encoding: 'utf8', env: environment } as const;
    const table = execFileSync('npm', ['run', '--silent', 'sql', '--', reachable], options);
    expect(table).toBe('container\n---------\nc1\nc13\nc14\nc3\n');
    const [node = '', program = ''] = shell;
    const json = execFileSync(node, [program, '--json', reachable], options);
    expect(JSON.parse(json)).toEqual(['c1', 'c13', 'c14', 'c3'].map((container) => ({ container })));
  });

  it('every view on the page can be read by any sqlite3, and the page lists all of them', async () => {
    const { databaseFile } = await LocalWeft.serve();
    const ask = (query: string) =>
      execFileSync('sqlite3', ['-readonly', databaseFile, query], { encoding: 'utf8' }).trim().split('\n');
    const views = ask("SELECT name FROM sqlite_schema WHERE type = 'view' AND name GLOB 'v_*' ORDER BY name");
    const page = readFileSync(new URL('../../docs/sql.md', import.meta.url), 'utf8');
    for (const view of views) expect(page).toMatch(new RegExp(`^## .*\\b${view}\\b`, 'm'));
    const reads = views.map((view) => `SELECT '${view}' WHERE (SELECT count(*) FROM (SELECT * FROM ${view})) >= 0;`);
    expect(ask(reads.join(''))).toEqual(views);
  });

  it('cannot change the database', async () => {
    const { stateDirectory } = await LocalWeft.serve();
    const [node = '', program = ''] = shell;
    expect(() =>
      execFileSync(node, [program, 'DELETE FROM operations'], {
        env: { ...process.env, WEFT_STATE_DIR: stateDirectory },
        stdio: 'pipe',
      }),
    ).toThrow(/readonly|query_only|read-only/i);
  });
});
