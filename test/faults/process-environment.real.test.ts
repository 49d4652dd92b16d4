import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { killNow, processesWith, startTime } from '../../executor/drivers/oci/runtime/processes.ts';
import { type ContainerPaths, containerPaths } from '../../executor/peers/containers.ts';
import { waiting } from '../conformance/example.ts';
import { temporaryDirectory } from '../support/database.ts';
import { picture } from '../support/host.ts';
import { StoreTemplate } from '../support/images/put-image.ts';
import { processPicture, viewsOf } from '../support/oci/process-picture.ts';
import { until } from '../support/until.ts';
import { Lab } from './lab.ts';

/* What is done to processes from outside: by their host, or by somebody on it. */

const IMAGE = 'lab/shell:1';
const images = new StoreTemplate(IMAGE);
const RUNC = '/usr/sbin/runc';
const CONTAINER = '/host/host1/a';

async function start(): Promise<{ lab: Lab; paths: ContainerPaths }> {
  const lab = await Lab.start();
  await images.putInto(lab);
  const [row] = await lab.sql<{ id: string }>('SELECT id FROM database');
  return { lab, paths: containerPaths(lab.stateDirectory, row?.id ?? '') };
}

const run = (lab: Lab, body: object = {}) => lab.request('PUT', CONTAINER, { image: IMAGE, ...body }, waiting);

async function idOf(lab: Lab): Promise<string> {
  const [row] = await lab.sql<{ id: string }>("SELECT id FROM containers WHERE name = 'a'");
  return row?.id ?? '';
}

/** Also with a test that has failed. */
function mount(target: string, ...words: readonly string[]): () => void {
  execFileSync('mount', [...words, target]);
  let isMounted = true;
  const unmount = () => {
    if (isMounted && existsSync(target)) execFileSync('umount', ['--lazy', target]);
    isMounted = false;
  };
  onTestFinished(unmount);
  return unmount;
}

const nothing = {
  ...{ runc: [], exits: [], sockets: [], bundles: [], layers: [], writable: [], cgroups: [], monitors: [] },
  ...{ overlays: 0, processes: [] },
};

it.each([
  ['always', 'running'],
  ['no', 'exited'],
])(
  'a process with the policy %s whose conmon is killed ends, and is then %s, and its network stays',
  async (restart, state) => {
    const { lab, paths } = await start();
    expect(await run(lab, { restart })).toMatchObject({ status: 200 });
    const before = picture();
    const [first] = await viewsOf(lab);
    for (const pid of processesWith(join(paths.run, 'bundles', await idOf(lab)))) killNow(pid);
    await until('it is seen', async () => {
      const { body } = await lab.request('GET', CONTAINER);
      return body.state === state && (state === 'exited' || body.restarts === 1);
    });
    const { processes, monitors } = await processPicture(lab);
    expect({ monitors, count: (processes as object[]).length }).toEqual({
      monitors: state === 'running' ? ['a'] : [],
      count: 1,
    });
    await until('the first has ended', () => startTime(first?.pid ?? 0) === null);
    expect(picture()).toEqual(before);
  },
);

it('a start that runc refuses fails with its words and leaves nothing, and the next one is not affected', async () => {
  const directory = temporaryDirectory();
  const [real, script] = [join(directory, 'real'), join(directory, 'runc')];
  copyFileSync(RUNC, real);
  writeFileSync(
    script,
    `#!/bin/sh\ncase "$*" in *" create "*) echo no such luck >&2; exit 1;; esac\nexec ${real} "$@"\n`,
  );
  chmodSync(script, 0o755);
  const unmount = mount(RUNC, '--bind', script);
  const { lab } = await start();
  const refused = await run(lab);
  expect(refused.status).toBe(422);
  expect(JSON.stringify(refused.body)).toContain('no such luck');
  expect(await processPicture(lab)).toEqual(nothing);
  expect(picture()).toEqual(['namespace null']);
  unmount();
  // The thread that starts conmon has mounts of its own.
  await lab.abandon();
  await lab.startExecutor();
  expect(await run(lab)).toMatchObject({ status: 200, body: { state: 'running' } });
});

it('a start for whose files there is no space fails with that reason, and leaves nothing', async () => {
  const { lab, paths } = await start();
  mkdirSync(paths.layers, { recursive: true });
  const unmount = mount(paths.layers, '-t', 'tmpfs', '-o', 'size=64k,nr_inodes=4', 'tmpfs');
  const full = await run(lab);
  expect(full.body).toMatchObject({ detail: expect.stringContaining('no space is left') });
  expect(full.status).toBe(422);
  expect(await processPicture(lab)).toEqual(nothing);
  unmount();
  expect(await run(lab)).toMatchObject({ status: 200, body: { state: 'running' } });
});

it('what somebody has mounted over the root of a container does not keep it from its deletion', async () => {
  const { lab, paths } = await start();
  expect(await run(lab)).toMatchObject({ status: 200 });
  const root = join(paths.run, 'bundles', await idOf(lab), 'root');
  const precious = temporaryDirectory();
  writeFileSync(join(precious, 'file'), '');
  mount(root, '--bind', precious);
  expect(await lab.request('DELETE', CONTAINER, undefined, waiting)).toMatchObject({ status: 200 });
  expect(await processPicture(lab)).toEqual(nothing);
  expect(readdirSync(precious)).toEqual(['file']);
});

/** Programs in place of runc, which is killed once, when it has begun to do what the word says. */
function killOnce(word: string): { readonly arm: () => void; readonly hasKilled: () => boolean } {
  const directory = temporaryDirectory();
  const [real, script, armed] = ['real', 'runc', 'armed'].map((name) => join(directory, name));
  if (real === undefined || script === undefined || armed === undefined) throw new Error('there are three');
  copyFileSync(RUNC, real);
  const killed = `rm ${armed}; exec timeout --signal KILL 0.03 ${real} "$@"`;
  const lines = ['#!/bin/sh', `case " $* " in *" ${word} "*) [ ! -e ${armed} ] || { ${killed}; } ;; esac`];
  writeFileSync(script, [...lines, `exec ${real} "$@"`, ''].join('\n'));
  chmodSync(script, 0o755);
  mount(RUNC, '--bind', script);
  return { arm: () => writeFileSync(armed, ''), hasKilled: () => !existsSync(armed) };
}

const put = (lab: Lab) => run(lab);
const stop = (lab: Lab) => lab.request('POST', `${CONTAINER}/stop`, { timeout: 0 }, waiting);
const remove = (lab: Lab) => lab.request('DELETE', CONTAINER, undefined, waiting);

it.each([
  ['create', 'a start', put, null],
  ['start', 'a start', put, null],
  ['kill', 'a stop', stop, put],
  ['delete', 'a deletion', remove, put],
])('runc that is killed in its %s leaves %s that succeeds when it is repeated', async (word, _, act, prepare) => {
  const runc = killOnce(word);
  const { lab } = await start();
  await prepare?.(lab);
  runc.arm();
  const first = await act(lab);
  expect(runc.hasKilled()).toBe(true);
  const second = await act(lab);
  expect(second.status).toBeOneOf([200, 404]);
  const { processes, monitors } = await processPicture(lab);
  const runs = act === put;
  const answers = JSON.stringify([first.body, second.body]);
  expect([monitors, processes], answers).toMatchObject(runs ? [['a'], [{}]] : act === stop ? [[], [{}]] : [[], []]);
  if (act !== remove) expect((await remove(lab)).status).toBe(200);
  expect(await processPicture(lab)).toEqual(nothing);
  expect(picture()).toEqual(['namespace null']);
});

it.each(['start', 'deletion'])('an overlay that was left mounted is in the way of no %s', async (what) => {
  const { lab, paths } = await start();
  expect(await run(lab)).toMatchObject({ status: 200 });
  const id = await idOf(lab);
  const bundle = join(paths.run, 'bundles', id);
  const { lower }: { lower: string } = JSON.parse(readFileSync(join(bundle, 'record.json'), 'utf8'));
  const [layer = ''] = readdirSync(join(paths.layers, id)).filter((name) => name.startsWith('layer-'));
  const [upper, work] = ['upper', 'work'].map((name) => join(paths.layers, id, layer, name));
  expect(await stop(lab)).toMatchObject({ status: 200 });
  const root = join(bundle, 'root');
  mount(root, '-t', 'overlay', '-o', `lowerdir=${lower},upperdir=${upper},workdir=${work}`, 'overlay');
  // As a process of the container would that the kernel cannot end.
  const holding = openSync(root, 'r');
  onTestFinished(() => closeSync(holding));
  if (what === 'start') {
    expect(await lab.request('POST', `${CONTAINER}/start`, undefined, waiting)).toMatchObject({ status: 200 });
    const { overlays, monitors } = await processPicture(lab);
    expect([overlays, monitors]).toEqual([0, ['a']]);
  }
  expect(await remove(lab)).toMatchObject({ status: 200 });
  expect(await processPicture(lab)).toEqual(nothing);
  expect(existsSync(lower)).toBe(true);
});
