import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LibvirtDriver, openLibvirtDriver } from '../../executor/drivers/libvirt/driver.ts';
import type { DirectoryPool } from '../../executor/drivers/libvirt/storage/model.ts';
import { openStorage, type Storage } from '../../executor/drivers/libvirt/storage/storage.ts';

/* Domains with one disk without weft: what it is compared with. */

const BYTES_PER_GB = 2 ** 30;

export interface BareDomain {
  readonly uuid: string;
  readonly name: string;
  /** Of virDomainDefineXML. */
  readonly xml: string;
  /** The name of its disk's file, which has one gigabyte. */
  readonly disk: string;
  readonly start: boolean;
}

export interface BareDomains {
  make(domain: BareDomain): Promise<void>;
  remove(domain: BareDomain): Promise<void>;
  close(): Promise<void>;
}

/** The calls of libvirt that weft makes for a domain, one after another on open connections: its own time. */
export class DomainsByCalls implements BareDomains {
  readonly #driver: LibvirtDriver;
  readonly #storage: Storage;
  readonly #pool: DirectoryPool;

  private constructor(driver: LibvirtDriver, storage: Storage, pool: DirectoryPool) {
    this.#driver = driver;
    this.#storage = storage;
    this.#pool = pool;
  }

  static async open(socket: string, pool: DirectoryPool): Promise<DomainsByCalls> {
    const settings = { path: socket, uri: 'qemu:///system' };
    const driver = await openLibvirtDriver({ ...settings, namespace: 'urn:weft:bench' });
    const storage = await openStorage(settings);
    await storage.ensurePool(pool);
    return new DomainsByCalls(driver, storage, pool);
  }

  async make(domain: BareDomain): Promise<void> {
    await this.#storage.createVolume(this.#pool, { name: domain.disk, capacityBytes: BYTES_PER_GB });
    await this.#driver.domains.define(domain, domain.xml);
    if (domain.start) await this.#driver.domains.start(domain);
  }

  async remove(domain: BareDomain): Promise<void> {
    if (domain.start) await this.#driver.domains.destroy(domain);
    await this.#driver.domains.undefine(domain);
    await this.#storage.deleteVolume(this.#pool, domain.disk);
  }

  async close(): Promise<void> {
    await this.#storage.removePool(this.#pool);
    await Promise.all([this.#storage.close(), this.#driver.close()]);
  }
}

/** The commands that a person types, or that a script runs. */
export class DomainsByCommands implements BareDomains {
  readonly #uri: string;
  readonly #directory: string;

  constructor(uri: string, directory: string) {
    this.#uri = uri;
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  async make({ name, xml, disk, start }: BareDomain): Promise<void> {
    const file = join(this.#directory, `${name}.xml`);
    writeFileSync(file, xml);
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', join(this.#directory, disk), '1G']);
    this.#virsh('define', file);
    if (start) this.#virsh('start', name);
  }

  async remove({ name, disk, start }: BareDomain): Promise<void> {
    if (start) this.#virsh('destroy', name);
    this.#virsh('undefine', name, '--nvram', '--managed-save', '--snapshots-metadata');
    rmSync(join(this.#directory, disk));
  }

  async close(): Promise<void> {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #virsh(...words: readonly string[]): void {
    execFileSync('virsh', ['-q', '-c', this.#uri, ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
}
