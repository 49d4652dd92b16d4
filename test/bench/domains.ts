import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LibvirtDaemon } from '../support/libvirt-daemon.ts';
import { type BareDomain, type BareDomains, DomainsByCalls, DomainsByCommands } from './bare-domains.ts';
import { print, quantile, timed, withWeft } from './weft.ts';

/*
 * Times a domain with one disk, made and deleted: through the API, by the same calls of libvirt on an open connection, and
 * by the commands that a person types, in turn, with the same definition. Run by `npm run bench` in a network and mount
 * namespace of its own; an argument is another number of turns.
 */

const TURNS = Number(process.argv[2] ?? 20);
const BODY = { memory: 16, disks: [1], networks: [] };

const directory = mkdtempSync(join(tmpdir(), 'weft-bench-'));
const stateDirectory = join(directory, 'state');
mkdirSync(stateDirectory);

interface Times {
  readonly made: number[];
  readonly deleted: number[];
}

interface Way {
  readonly make: () => Promise<unknown>;
  readonly remove: () => Promise<unknown>;
  readonly times: Times;
}

/** The definition that weft gives a domain, of which only the words in capitals are to be replaced. */
async function readDefinition(uri: string): Promise<string> {
  await timed('POST', '/hosts/model', { ...BODY, start: false });
  const xml = execFileSync('virsh', ['-c', uri, 'dumpxml', '--inactive', 'model'], { encoding: 'utf8' });
  await timed('DELETE', '/hosts/model');
  const [, uuid = ''] = /<uuid>(.+)<\/uuid>/.exec(xml) ?? [];
  return xml
    .replace(/<metadata>.*<\/metadata>/s, '')
    .replace('<name>model<', '<name>NAME<')
    .replace(`${join(stateDirectory, 'disks', uuid)}-0.qcow2`, join('PLACE', 'NAME.qcow2'))
    .replace(`${join(stateDirectory, 'logs', uuid)}.log`, join('PLACE', 'NAME.log'))
    .replaceAll(uuid, 'UUID');
}

function throughApi(start: boolean): Way {
  const times: Times = { made: [], deleted: [] };
  const path = () => `/hosts/weft-${times.deleted.length}`;
  return { times, make: () => timed('POST', path(), { ...BODY, start }), remove: () => timed('DELETE', path()) };
}

function without(domains: BareDomains, place: string, definition: string, start: boolean): Way {
  const uuids = Array.from({ length: TURNS + 1 }, () => randomUUID());
  const times: Times = { made: [], deleted: [] };
  const domain = (): BareDomain => {
    const uuid = uuids[times.deleted.length] ?? '';
    const name = `bare-${uuid}`;
    const xml = definition.replaceAll('NAME', name).replaceAll('UUID', uuid).replaceAll('PLACE', place);
    return { uuid, name, xml, disk: `${name}.qcow2`, start };
  };
  return { times, make: () => domains.make(domain()), remove: () => domains.remove(domain()) };
}

async function measured(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** One of each way after the other: what else the machine does is the same for all. The first turn is not counted. */
async function compare(ways: readonly Way[]): Promise<void> {
  for (let turn = 0; turn <= TURNS; turn += 1) {
    for (const { make, remove, times } of ways) {
      times.made.push(await measured(make));
      times.deleted.push(await measured(remove));
    }
  }
  for (const { times } of ways) for (const each of [times.made, times.deleted]) each.shift();
}

const inWords = (times: readonly number[]) =>
  `p50 ${quantile(times, 0.5).toFixed(1)} ms, least ${Math.min(...times).toFixed(1)} ms`;

function report(what: string, weft: readonly number[], calls: readonly number[], commands: readonly number[]): void {
  const more = weft.map((time, turn) => time - (calls[turn] ?? 0));
  print(`${what}: qemu-img and virsh`, inWords(commands));
  print(`${what}: libvirt's calls alone`, inWords(calls));
  print(`${what}: through the API`, `${inWords(weft)}: ${quantile(more, 0.5).toFixed(1)} ms more than the calls`);
}

async function measure(daemon: LibvirtDaemon, uri: string): Promise<void> {
  const definition = await readDefinition(uri);
  const places = { calls: join(directory, 'calls'), commands: join(directory, 'commands') };
  const pool = { uuid: randomUUID(), name: 'bench', directory: places.calls };
  const byCalls = await DomainsByCalls.open(daemon.socket, pool);
  const byCommands = new DomainsByCommands(uri, places.commands);
  try {
    for (const start of [false, true]) {
      const weft = throughApi(start);
      const calls = without(byCalls, places.calls, definition, start);
      const commands = without(byCommands, places.commands, definition, start);
      await compare([weft, calls, commands]);
      const which = start ? 'a domain that is started' : 'a domain that is not started';
      report(`${which}, made`, weft.times.made, calls.times.made, commands.times.made);
      report(`${which}, deleted`, weft.times.deleted, calls.times.deleted, commands.times.deleted);
    }
  } finally {
    await byCommands.close();
    await byCalls.close();
  }
}

const daemon = await LibvirtDaemon.start();
const uri = `qemu+unix:///system?socket=${daemon.socket}`;
try {
  await withWeft(() => measure(daemon, uri), { WEFT_STATE_DIR: stateDirectory, WEFT_LIBVIRT_URI: uri });
} finally {
  await daemon.stop();
  rmSync(directory, { recursive: true, force: true });
}
