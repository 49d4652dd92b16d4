import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ip, refusalOf, Workbench } from '../../../test/support/netns-workbench.ts';
import { until } from '../../../test/support/until.ts';
import { openNetnsDriver } from './driver.ts';
import { type HostChange, openNetnsMonitor } from './monitor.ts';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.open('weft:monitor');
});
afterAll(() => bench.close());
beforeEach(() => {
  onTestFinished(() => bench.clear());
});

interface Heard {
  readonly aliases: Set<string>;
  readonly names: Set<string>;
  readonly namespaces: Set<string>;
  everything: boolean;
  forget(): void;
}

/** A monitor of the running test, and everything that it has reported. */
async function listen(bufferBytes?: number): Promise<Heard> {
  const heard: Heard = {
    aliases: new Set(),
    names: new Set(),
    namespaces: new Set(),
    everything: false,
    forget() {
      heard.aliases.clear();
      heard.names.clear();
      heard.namespaces.clear();
    },
  };
  const changed = ({ aliases, names, namespaces, everything }: HostChange) => {
    for (const alias of aliases) heard.aliases.add(alias);
    for (const name of names) heard.names.add(name);
    for (const name of namespaces) heard.namespaces.add(name);
    heard.everything ||= everything;
  };
  const monitor = await openNetnsMonitor(bufferBytes === undefined ? { changed } : { changed, bufferBytes });
  onTestFinished(() => monitor.close());
  return heard;
}

/**
 * Creates a namespace with its label in both places, with iproute2 and mount(8). Returns a function that removes it.
 */
function makeUnnumbered(name: string, label: string): () => void {
  const path = `/run/netns/${name}`;
  writeFileSync(path, label);
  execFileSync('unshare', [
    '-n',
    'sh',
    '-c',
    `ip link set lo alias ${label} && mount --bind /proc/self/ns/net ${path}`,
  ]);
  return () => {
    if (existsSync(path)) ip('netns', 'delete', name);
  };
}

describe('a monitor', () => {
  it('reports each change of a link on the host, by its alias', async () => {
    await bench.makeNamespaces('m1');
    await bench.makeBridge('mb');
    await bench.makeBridge('mc');
    await bench.driver.createVeth({ ends: [bench.end('m1', 'eth', 1), bench.end(null, 'm1.0o', 2, 'mb')] });
    const heard = await listen();
    const outside = `${bench.label}/host/m1.0o`;
    const changes = [
      ['set', 'm1.0o', 'down'],
      ['set', 'm1.0o', 'up'],
      ['set', 'm1.0o', 'nomaster'],
      ['set', 'm1.0o', 'master', 'mc'],
      ['set', 'm1.0o', 'name', 'renamed'],
      ['delete', 'renamed'],
    ];
    for (const change of changes) {
      ip('link', ...change);
      await until(`it told of ${change.join(' ')}`, () => heard.aliases.has(outside));
      // Further events of the same change may arrive a moment later.
      await until('it is quiet', () => {
        const quiet = heard.aliases.size === 0;
        heard.forget();
        return quiet;
      });
    }
  });

  it('reports changes inside a container without a link to the host', async () => {
    await bench.makeNamespaces('m1', 'm2');
    await bench.driver.createVeth({ ends: [bench.end('m1', 'wire', 1), bench.end('m2', 'wire', 2)] });
    const heard = await listen();
    ip('-n', 'm2', 'link', 'set', 'wire', 'name', 'other');
    await until('it told of the new name', () => heard.aliases.has(`${bench.label}/m2/wire`));
    heard.forget();
    ip('-n', 'm1', 'link', 'delete', 'wire');
    await until('it told of both ends', () => heard.aliases.size === 2);
    expect([...heard.aliases].sort()).toEqual([`${bench.label}/m1/wire`, `${bench.label}/m2/wire`]);
  });

  it('reports a link that was moved to another namespace', async () => {
    await bench.makeNamespaces('m1', 'm2');
    await bench.driver.createVeth({ ends: [bench.end('m1', 'wire', 1), bench.end(null, 'm1.0o', 2)] });
    const heard = await listen();
    ip('link', 'set', 'm1.0o', 'netns', 'm2');
    await until('it told of it', () => heard.aliases.has(`${bench.label}/host/m1.0o`));
  });

  it('reports a link without a label by its name', async () => {
    const heard = await listen();
    ip('link', 'add', 'plain', 'type', 'bridge');
    onTestFinished(() => {
      if (existsSync('/sys/class/net/plain')) ip('link', 'delete', 'plain');
    });
    await until('it told of it', () => heard.names.has('plain'));
    heard.forget();
    ip('link', 'delete', 'plain');
    await until('it told of its end', () => heard.names.has('plain'));
    expect([...heard.aliases]).toEqual([]);
  });

  it('reports added and removed namespaces, including the very first', async () => {
    const heard = await listen();
    await bench.makeNamespaces('m1');
    await until('it told of the new one', () => heard.namespaces.has('m1') || heard.aliases.has(`${bench.label}/m1`));
    await until('it is quiet', () => {
      const quiet = heard.namespaces.size === 0;
      heard.forget();
      return quiet;
    });
    ip('netns', 'delete', 'm1');
    await until('it told of its end', () => heard.namespaces.has('m1'));
  });

  it('reports the deletion of a link that was down', async () => {
    const ends = [bench.end('m1', 'eth', 1), bench.end(null, 'm1.0o', 2)] as const;
    await bench.makeNamespaces('m1');
    await bench.driver.createVeth({
      ends: [
        { ...ends[0], up: false },
        { ...ends[1], up: false },
      ],
    });
    const heard = await listen();
    ip('link', 'delete', 'm1.0o');
    await until('it told of both ends', () => heard.aliases.size === 2);
  });

  it('reports changes in a namespace that had no id until it was viewed', async () => {
    // As an executor of another process would leave it: its label inside and under the mount, and no id.
    await bench.makeNamespaces('m1');
    const made = makeUnnumbered('m2', `${bench.label}/m2`);
    onTestFinished(made);
    expect(ip('netns', 'list-id')).not.toContain('name: m2)');
    await bench.driver.view('all');
    expect(ip('netns', 'list-id')).toContain('name: m2)');
    const heard = await listen();
    ip('-n', 'm2', 'link', 'set', 'lo', 'up');
    await until('it told of it', () => heard.aliases.has(`${bench.label}/m2`));
  });

  it('reports names in a directory that is created, deleted and created again, many at once', async () => {
    const directory = '/run/weft-monitor-names';
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const told: (readonly string[])[] = [];
    const monitor = await openNetnsMonitor({ directory, changed: ({ namespaces }) => told.push(namespaces) });
    onTestFinished(() => monitor.close());
    for (const turn of ['first', 'second']) {
      mkdirSync(directory);
      // Within one turn of the event loop, before the directory can be watched.
      const names = Array.from({ length: 40 }, (_, place) => `${turn}${place}`);
      for (const name of names) writeFileSync(`${directory}/${name}`, '');
      const missing = () => names.filter((name) => !told.flat().includes(name));
      await until(`it told of each of the ${turn} names`, () => missing().length === 0);
      expect(told.length).toBeLessThanOrEqual(2);
      writeFileSync(`${directory}/${turn}-late`, '');
      await until('it told of a later one', () => told.flat().includes(`${turn}-late`));
      rmSync(directory, { recursive: true });
      await until('it told of their end', () => told.flat().filter((name) => name === `${turn}0`).length > 1);
      told.length = 0;
    }
  });

  it('reports lost events', async () => {
    await bench.makeBridge('mb');
    const heard = await listen(1);
    const turns = Array.from({ length: 400 }, (_, turn) => `link set mb ${turn % 2 === 0 ? 'down' : 'up'}\n`);
    execFileSync('ip', ['-batch', '-'], { input: turns.join('') });
    await until('it lost something', () => heard.everything);
  });

  it('does not delay a process that exits at once', () => {
    const program = `
      import { openNetnsMonitor } from '${new URL('./monitor.ts', import.meta.url)}';
      await openNetnsMonitor({ changed: () => undefined });
      process.exit(7);`;
    const options = ['--input-type=module', '--eval', program];
    expect(spawnSync(process.execPath, options, { encoding: 'utf8', timeout: 20_000 })).toMatchObject({
      status: 7,
      stderr: '',
    });
  });

  it('ends when it is closed, and leaves no descriptor open', async () => {
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    for (let turn = 0; turn < 5; turn += 1) {
      const monitor = await openNetnsMonitor({ changed: () => undefined });
      await monitor.close();
      await monitor.close();
    }
    expect(open()).toBeLessThanOrEqual(before + 1);
  });
});

describe('a call', () => {
  it('after the expiry does not even create the directory', async () => {
    const directory = '/run/weft-monitor-expired';
    const driver = await openNetnsDriver({ directory, expires: sharedTime(process.hrtime.bigint()) });
    onTestFinished(() => driver.close());
    const refused = await refusalOf(driver.createNamespace({ name: 'm1', label: `${bench.label}/m1` }));
    expect([refused.code, existsSync(directory)]).toEqual(['expired', false]);
  });

  it('that expires in the queue does nothing', async () => {
    const minute = 60_000_000_000n;
    const expires = sharedTime(process.hrtime.bigint() + minute);
    const driver = await openNetnsDriver({ expires });
    onTestFinished(() => driver.close());
    await driver.createNamespace({ name: 'm1', label: `${bench.label}/m1` });
    Atomics.store(expires, 0, process.hrtime.bigint());
    const late = [
      driver.createNamespace({ name: 'm2', label: `${bench.label}/m2` }),
      driver.createBridge({ name: 'mb', alias: `${bench.label}/mb`, mac: '02:00:00:00:00:01' }),
      driver.createVeth({ ends: [bench.end('m1', 'eth', 1), bench.end(null, 'm1.0o', 2)] }),
      driver.deleteNamespace({ name: 'm1', label: `${bench.label}/m1` }),
    ];
    for (const call of late) {
      const refused = await refusalOf(call);
      expect([refused.code, refused.transient]).toEqual(['expired', true]);
    }
    const { links, namespaces } = await driver.view('all');
    const missing = driver.changeLink({ namespace: 'nowhere', alias: `${bench.label}/none`, up: true });
    expect((await refusalOf(missing)).code).toBe('expired');
    expect(namespaces.map(({ name }) => name)).toEqual(['m1']);
    expect(links.map(({ name }) => name)).toEqual(['lo']);
    Atomics.store(expires, 0, process.hrtime.bigint() + minute);
    await driver.deleteNamespace({ name: 'm1', label: `${bench.label}/m1` });
  });
});

function sharedTime(time: bigint): BigInt64Array {
  const shared = new BigInt64Array(new SharedArrayBuffer(8));
  shared[0] = time;
  return shared;
}
