import { LibvirtError } from '../../drivers/libvirt/driver.ts';
import type { DomainStep } from './desired.ts';
import { deleteConsole, makeConsoles } from './files.ts';
import type { DomainsAccess } from './observe.ts';
import { shutDown } from './shut-down.ts';
import { domainXml } from './xml/write.ts';

const BYTES_PER_GB = 2 ** 30;

type StepOnDomain = Exclude<
  DomainStep,
  { readonly name: 'libvirt.setup' | 'pool.ensure' | 'volume.create' | 'volume.delete' | 'console.delete' }
>;

/** Takes the steps of plans, through libvirt. */
export class DomainSteps {
  readonly #access: DomainsAccess;
  #ensuring: Promise<void> | undefined;

  constructor(access: DomainsAccess) {
    this.#access = access;
  }

  /** Repeating one is harmless. */
  async take(step: DomainStep, isUnwanted: () => boolean): Promise<void> {
    const { libvirt, places } = this.#access;
    switch (step.name) {
      case 'libvirt.setup':
        return libvirt.ensureReady();
      case 'pool.ensure':
        return this.#ensurePool();
      case 'volume.create':
        return this.#createVolume(step.volume, step.gigabytes * BYTES_PER_GB);
      case 'volume.delete':
        return libvirt.storage.deleteVolume(places.pool, step.volume);
      case 'console.delete':
        return deleteConsole(places, step.id);
      default:
        return this.#changeDomain(step, isUnwanted);
    }
  }

  async #changeDomain(step: StepOnDomain, isUnwanted: () => boolean): Promise<void> {
    const { libvirt, places, memory } = this.#access;
    const { domains } = libvirt.driver;
    const domain = { uuid: step.id, name: step.item };
    switch (step.name) {
      case 'domain.define':
        await makeConsoles(places);
        return domains.define(domain, domainXml(step.model));
      case 'domain.start':
        return domains.start(domain);
      case 'domain.shutdown':
        return shutDown(domains, domain, { timeoutMs: step.timeoutMs, isUnwanted });
      case 'domain.autostart':
        return domains.setAutostart(domain, false);
      case 'domain.undefine':
        await domains.undefine(domain);
        return memory.forget(step.id);
      case 'domain.suspend':
        return domains.suspend(domain);
      case 'domain.resume':
        return domains.resume(domain);
      case 'domain.reboot':
        return domains.reboot(domain);
      case 'domain.reset':
        return domains.reset(domain);
      case 'domain.destroy':
        return domains.destroy(domain);
    }
  }

  /** Once for all that wait for it. */
  #ensurePool(): Promise<void> {
    const { libvirt, places } = this.#access;
    this.#ensuring ??= libvirt.storage.ensurePool(places.pool).finally(() => {
      this.#ensuring = undefined;
    });
    return this.#ensuring;
  }

  /** One that is there and as wanted serves: an attempt before this one has made it. */
  async #createVolume(name: string, capacityBytes: number): Promise<void> {
    const { libvirt, places } = this.#access;
    const { storage } = libvirt;
    try {
      await storage.createVolume(places.pool, { name, capacityBytes });
    } catch (error) {
      if (!(error instanceof LibvirtError) || error.code !== 'exists') throw error;
      const found = await storage.describeVolume(places.pool, name);
      if (found?.format !== 'qcow2' || found.capacityBytes !== capacityBytes) throw error;
    }
  }
}
