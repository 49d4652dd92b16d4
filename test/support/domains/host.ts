import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostBody } from '../../../schema/api/compute/hosts.ts';
import { type LibvirtDaemon, virsh } from '../libvirt-daemon.ts';
import { type LocalOptions, LocalWeft } from '../local-weft.ts';
import { whenFinished } from '../shared.ts';
import { until } from '../until.ts';
import { makeBootable } from './boot-sector.ts';

export const waiting = { prefer: 'wait=25' };

/** A small domain, which never boots. */
export const small = { memory: 16, disks: [1], networks: [] };

/** A weft over a real libvirtd, and what virsh says of it. */
export class DomainsHost {
  readonly daemon: LibvirtDaemon;
  readonly weft: LocalWeft;

  private constructor(daemon: LibvirtDaemon, weft: LocalWeft) {
    this.daemon = daemon;
    this.weft = weft;
  }

  /** It ends with the test, and all that libvirt has with it. */
  static async start(daemon: LibvirtDaemon, options: LocalOptions = {}): Promise<DomainsHost> {
    whenFinished(() => clearLibvirt(daemon));
    const environment = { ...options.environment, WEFT_LIBVIRT_URI: `qemu+unix:///system?socket=${daemon.socket}` };
    return new DomainsHost(daemon, await LocalWeft.start({ ...options, environment }));
  }

  get disks(): string {
    return join(this.weft.stateDirectory, 'disks');
  }

  ask(method: string, path: string, body?: unknown) {
    return this.weft.request<HostBody & { detail?: string }>(method, path, body, waiting);
  }

  create(name: string, members: Readonly<Record<string, unknown>> = {}) {
    return this.ask('POST', `/hosts/${name}`, { ...small, ...members });
  }

  act(name: string, action: string) {
    return this.ask('PUT', `/hosts/${name}/${action}`);
  }

  async stateOf(name: string): Promise<string | undefined> {
    return (await this.ask('GET', `/hosts/${name}`)).body.state;
  }

  /** Output of virsh, which must succeed. */
  async virsh(...words: readonly string[]): Promise<string> {
    const { code, output } = await virsh(this.daemon, ...words);
    if (code !== 0) throw new Error(`virsh ${words.join(' ')}: ${output}`);
    return output.trim();
  }

  /** Words of virsh's list of all domains: name and state. */
  async domains(): Promise<string[]> {
    const names = (await this.virsh('list', '--all', '--name')).split('\n').filter((name) => name !== '');
    const states = await Promise.all(names.map(async (name) => `${name}: ${await this.virsh('domstate', name)}`));
    return states.sort();
  }

  /** The path of a disk. */
  disk({ id }: Pick<HostBody, 'id'>, position = 0): string {
    return join(this.disks, `${id}-${position}.qcow2`);
  }

  /** A new domain that is off, whose first disk boots these instructions. */
  async createBootable(name: string, instructions: readonly number[]): Promise<HostBody> {
    const { status, body } = await this.create(name, { start: false });
    if (status !== 200) throw new Error(`${name} was not made: ${JSON.stringify(body)}`);
    makeBootable(this.disk(body), instructions);
    return body;
  }

  /** What was told of a domain, the last first. */
  events(name: string): Promise<unknown[]> {
    return this.weft.sql<{ state: string; by: string | null; power: string | null }>(
      `SELECT data ->> '$.state' AS state, data ->> '$.by' AS by, data ->> '$.power' AS power FROM events
       WHERE type = 'domain.state' AND subject LIKE '%/domains/${name}' ORDER BY sequence DESC`,
    );
  }

  /** Files of the pool. */
  volumes(): string[] {
    return existsSync(this.disks) ? readdirSync(this.disks).sort() : [];
  }

  /** Rows that a domain has in the database. */
  async rows(): Promise<Record<string, number>> {
    const tables = ['domains', 'domain_disks', 'domain_nics', 'reservations', 'operation_subjects', 'guard'];
    const counts = tables.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`);
    const [row] = await this.weft.sql<Record<string, number>>(`SELECT ${counts.join(', ')}`);
    return row ?? {};
  }

  async becomes(name: string, state: string): Promise<void> {
    await until(`${name} is ${state}`, async () => (await this.stateOf(name)) === state);
  }

  atRest(): Promise<void> {
    return until('every operation has ended', async () => (await this.rows()).operation_subjects === 0);
  }

  /** A network of libvirt without a bridge, known to weft. */
  async addNetwork(name: string): Promise<void> {
    const uuid = randomUUID();
    const path = join(this.weft.stateDirectory, `${uuid}.xml`);
    writeFileSync(path, `<network><name>${name}</name><uuid>${uuid}</uuid><bridge name='${name}'/></network>`);
    await this.virsh('net-define', path);
    await this.virsh('net-start', name);
    await this.weft.sql(
      `INSERT OR IGNORE INTO foreign_networks (hypervisor, name, uuid, state, autostart, persistent)
       SELECT id, '${name}', '${uuid}', 'active', 0, 1 FROM hypervisors`,
    );
  }
}

/** Removes everything from a libvirt of a test. */
export async function clearLibvirt(daemon: LibvirtDaemon): Promise<void> {
  const names = async (...words: readonly string[]) =>
    (await virsh(daemon, ...words)).output.split('\n').filter((name) => name.trim() !== '');
  for (const name of await names('list', '--all', '--uuid')) {
    await virsh(daemon, 'destroy', name);
    await virsh(daemon, 'undefine', name, '--managed-save', '--snapshots-metadata');
  }
  for (const kind of ['net', 'pool']) {
    for (const name of await names(`${kind}-list`, '--all', '--name')) {
      await virsh(daemon, `${kind}-destroy`, name.trim());
      await virsh(daemon, `${kind}-undefine`, name.trim());
    }
  }
}
