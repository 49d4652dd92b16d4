import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Capability } from '../../schema/api/capabilities.ts';
import type { SetupMode } from '../../schema/process/configuration.ts';
import { installationObstacle, missingPackages, type Places, searchDirectories } from '../setup/host-packages.mjs';
import { type HostPackage, type Technology, technologies } from '../setup/technologies.mjs';
import { findInstalled } from './installed.ts';

/** After a failure the next one is not tried before, since each takes apt-get up to minutes. */
const RETRY_MS = 300_000;
/** The installation goes on, but no operation waits for it any longer. */
const DEADLINE_MS = 900_000;

const installer = fileURLToPath(new URL('../setup/install.mjs', import.meta.url));

export interface InstallationOptions {
  readonly technology: Technology;
  readonly setup: SetupMode;
  readonly log?: (level: 'info' | 'warn', text: string) => void;
  /** For tests: other places than those of this host, another user, another clock in milliseconds. */
  readonly places?: Places;
  readonly user?: number;
  readonly now?: () => number;
}

/** Why a technology was not installed. `message` is `action: detail`. */
export class InstallationError extends Error {
  override readonly name = 'InstallationError';
  /** `denied`: this process may not; `unsupported`: it was tried, or cannot be. */
  readonly code: 'denied' | 'unsupported';
  readonly action: string;
  readonly detail: string;
  readonly hint: string;
  readonly transient = false;

  constructor(technology: Technology, packages: readonly string[], { code, detail }: Obstacle) {
    const action = `install ${packages.join(' ')}`;
    super(`${action}: ${detail}`);
    this.code = code;
    this.action = action;
    this.detail = detail;
    this.hint = `As root on the host: WEFT_SETUP=auto npm run setup -- ${technology}`;
  }
}

interface Obstacle {
  readonly code: 'denied' | 'unsupported';
  readonly detail: string;
}

/** The packages of a technology on this host: whether they are there, and their installation. */
export class Installation {
  readonly #options: InstallationOptions;
  readonly #now: () => number;
  #version: string | null = null;
  #running: Promise<void> | undefined;
  #failure: { readonly detail: string; readonly atMs: number } | null = null;

  constructor(options: InstallationOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Whether all packages are there now: what somebody removes is noticed. */
  isInstalled(): boolean {
    return this.#missing().length === 0;
  }

  /** With the version of the last {@link refresh}. */
  capability(): Capability {
    const missing = this.#missing();
    if (missing.length === 0) return { available: true, version: this.#version };
    const obstacle = this.#obstacle();
    if (obstacle === null) return { available: true, version: null, installable: true };
    return { available: false, reason: `${missing.join(', ')} not installed: ${obstacle.detail}` };
  }

  /** Detects the versions: starts a short process for each program. */
  async refresh(): Promise<void> {
    const packages: readonly HostPackage[] = technologies[this.#options.technology];
    const programs = packages.flatMap(({ program }) => program ?? []);
    const installed = await findInstalled(programs, searchDirectories(this.#options.places));
    const versions = installed.map(({ program, version }) => (version === null ? program : `${program} ${version}`));
    this.#version = versions.length === 0 ? null : versions.join(', ');
  }

  /**
   * Installs what is missing, once for all who wait for it; there is nothing to do if nothing is.
   *
   * @throws InstallationError; for some minutes after a failure the same one at once
   */
  ensureInstalled(): Promise<void> {
    if (this.#running === undefined && this.isInstalled()) return Promise.resolve();
    this.#running ??= this.#install().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #install(): Promise<void> {
    const { technology, log, places } = this.#options;
    const packages = this.#missing();
    const obstacle = this.#obstacle();
    if (obstacle !== null) throw new InstallationError(technology, packages, obstacle);
    log?.('info', `installing ${packages.join(' ')}`);
    const began = this.#now();
    const problem = (await install(packages, places)) ?? this.#stillMissing();
    if (problem === null) {
      await this.refresh();
      this.#failure = null;
      log?.('info', `installed ${packages.join(' ')} in ${((this.#now() - began) / 1000).toFixed(1)} s`);
      return;
    }
    this.#failure = { detail: problem, atMs: this.#now() };
    log?.('warn', problem);
    throw new InstallationError(technology, packages, { code: 'unsupported', detail: problem });
  }

  #missing(): string[] {
    return missingPackages([this.#options.technology], this.#options.places);
  }

  #stillMissing(): string | null {
    const missing = this.#missing();
    return missing.length === 0 ? null : `apt-get has not installed ${missing.join(', ')}`;
  }

  /** Why what is missing is not installed now; null: it can be. */
  #obstacle(): Obstacle | null {
    const { setup, places, user } = this.#options;
    if (setup !== 'auto') return { code: 'denied', detail: `WEFT_SETUP is ${setup}` };
    const detail = installationObstacle({ ...places, ...(user === undefined ? {} : { user }) });
    if (detail !== null) return { code: 'unsupported', detail };
    if (this.#failure === null || this.#now() - this.#failure.atMs >= RETRY_MS) return null;
    return { code: 'unsupported', detail: this.#failure.detail };
  }
}

/**
 * In a process that neither a signal of the terminal nor the end of this one interrupts. Returns the reason if it fails, or
 * null.
 */
async function install(packages: readonly string[], places?: Places): Promise<string | null> {
  const child = spawn(process.execPath, [installer, ...packages], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, PATH: searchDirectories(places).join(delimiter) },
  });
  child.unref();
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    said += piece;
  });
  const ended = Promise.withResolvers<string | null>();
  const failed = (code: number | null) => said.trim() || `the installation ended with ${code ?? 'a signal'}`;
  child.once('error', (error) => ended.resolve(`the installation could not be started: ${error.message}`));
  child.once('close', (code) => ended.resolve(code === 0 ? null : failed(code)));
  const timer = setTimeout(() => {
    ended.resolve(`apt-get has not ended within ${DEADLINE_MS / 60_000} minutes`);
  }, DEADLINE_MS);
  return ended.promise.finally(() => clearTimeout(timer));
}
