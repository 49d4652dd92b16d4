import { setTimeout as pause } from 'node:timers/promises';
import type { Capability, Technology } from '../../schema/api/capabilities.ts';
import type { SetupMode } from '../../schema/process/configuration.ts';
import { Installation } from '../host/installation.ts';
import { findInstalled } from '../host/installed.ts';
import { type Health, TechnologyAway } from '../kinds/health.ts';
import { ensureComputeDaemons, runningDaemons } from '../setup/daemons.mjs';

/** What set-up installs and starts together. */
type Job = 'compute' | 'ovs';

/** A driver is opened again at least this often when its daemon has been started. */
const CONNECT_MS = 10_000;
const POLL_MS = 20;

/**
 * `absent`: not installed, and `stopped`: not running, both of which {@link ComputeDaemons.ensureReady} changes. `ready`:
 * there is nothing to set up; whether it can be used now is the matter of its health.
 */
export type Readiness = 'absent' | 'stopped' | 'ready';

export interface ComputeDaemonsOptions {
  readonly job: Job;
  readonly technology: Technology;
  /** The program whose version is shown. */
  readonly program: string;
  readonly setup: SetupMode;
  readonly socket: string;
  /** Whether daemons of this socket are started by weft. */
  readonly isUsual: boolean;
  readonly log?: (level: 'info' | 'warn', text: string) => void;
}

/**
 * The daemons of one technology on this host: their installation, and their start by the first operation that needs them.
 * Daemons that have answered once are never started again: they are away until whoever runs them has started them.
 */
export class ComputeDaemons {
  readonly #options: ComputeDaemonsOptions;
  readonly #installation: Installation;
  #version: string | null = null;
  #health: () => Health = () => ({ available: false, reason: 'it was not opened yet' });
  #hasAnswered = false;
  #preparing: Promise<void> | undefined;

  constructor(options: ComputeDaemonsOptions) {
    const { job, setup, log } = options;
    this.#options = options;
    this.#installation = new Installation({ technology: job, setup, ...(log === undefined ? {} : { log }) });
  }

  /** Which driver's health tells whether they answer. */
  connect(health: () => Health): void {
    this.#health = health;
  }

  /** Without a driver: what answers is used as it is, whoever installed it. */
  async find(): Promise<Capability> {
    await this.refresh();
    const running = await runningDaemons(this.#places()).catch(() => []);
    return running.some(({ name }) => name === 'libvirtd' || name === 'ovsdb-server')
      ? { available: true, version: this.#version }
      : this.#installable();
  }

  /** Detects the version. */
  async refresh(): Promise<void> {
    const [found] = await findInstalled([this.#options.program]);
    this.#version = found?.version ?? null;
  }

  capability(): Capability {
    return this.#connected() ? { available: true, version: this.#version } : this.#installable();
  }

  health(): Health {
    const health = this.#ownHealth();
    return health.available || this.#isPending() ? { available: true } : health;
  }

  readiness(): Readiness {
    if (this.#connected() || !this.#isPending()) return 'ready';
    return this.#installation.isInstalled() ? 'stopped' : 'absent';
  }

  /**
   * Installs what is missing and starts what does not run, which takes seconds to minutes; once for all that wait for it.
   *
   * @throws InstallationError, DaemonError, TechnologyAway if the driver does not find them then
   */
  ensureReady(): Promise<void> {
    this.#preparing ??= this.#prepare().finally(() => {
      this.#preparing = undefined;
    });
    return this.#preparing;
  }

  async #prepare(): Promise<void> {
    if (this.readiness() === 'ready') return;
    const { log, technology } = this.#options;
    if (!this.#installation.isInstalled()) {
      await this.#installation.ensureInstalled();
      await this.refresh();
    }
    await ensureComputeDaemons({ ...this.#places(), say: (text) => log?.('info', text) });
    const end = performance.now() + CONNECT_MS;
    while (!this.#connected()) {
      const health = this.#ownHealth();
      if (performance.now() > end) throw new TechnologyAway(health.available ? technology : health.reason);
      await pause(POLL_MS);
    }
  }

  #installable(): Capability {
    const capability = this.#installation.capability();
    return capability.available && capability.installable !== true
      ? { available: true, version: this.#version }
      : capability;
  }

  #places(): NonNullable<Parameters<typeof ensureComputeDaemons>[0]> {
    const { job, socket } = this.#options;
    return { technologies: [job], ...(job === 'compute' ? { libvirtSocket: socket } : { ovsSocket: socket }) };
  }

  #connected(): boolean {
    return this.#ownHealth().available;
  }

  #ownHealth(): Health {
    const health = this.#health();
    if (health.available) this.#hasAnswered = true;
    return health;
  }

  #isPending(): boolean {
    const { setup, isUsual } = this.#options;
    return !this.#hasAnswered && setup === 'auto' && isUsual;
  }
}
