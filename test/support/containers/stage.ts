import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { processesWith, startTime } from '../../../executor/drivers/oci/runtime/processes.ts';
import { viewProcesses } from '../../../executor/drivers/oci/runtime/view.ts';
import { type ContainerPaths, containerPaths } from '../../../executor/peers/containers.ts';
import type { ContainerBody } from '../../../schema/api/leviathan.ts';
import type { Executed } from '../../../schema/api/leviathan-calls.ts';
import type { Mount } from '../../../schema/resources/network/process.ts';
import { clearHost } from '../host.ts';
import { makeShellLayout, type ShellImageOptions } from '../images/shell-image.ts';
import { configure } from '../images/weft.ts';
import { type LocalOptions, LocalWeft } from '../local-weft.ts';
import { until } from '../until.ts';
import { endPrograms } from './reboot.ts';

export interface StageOptions extends LocalOptions {
  readonly image?: ShellImageOptions;
  /** Of the hypervisor. */
  readonly config?: Readonly<Record<string, string>>;
}

/** The members of a request that tests change. */
export interface Wish {
  readonly image?: string | null;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly string[];
  readonly user?: string;
  readonly workdir?: string;
  readonly restart?: string;
  readonly mounts?: readonly (Omit<Mount, 'readonly'> & Partial<Mount>)[];
  readonly memory?: number | null;
  readonly vcpus?: number | null;
}

const waiting = { prefer: 'wait=60' };

/** weft with an image of busybox, imported from a layout: no registry is needed. */
export class ContainerStage {
  readonly weft: LocalWeft;
  readonly image: string;
  readonly paths: ContainerPaths;

  private constructor(weft: LocalWeft, image: string, database: string) {
    this.weft = weft;
    this.image = image;
    this.paths = containerPaths(weft.stateDirectory, database);
  }

  static async start({ image: imageOptions, config = {}, ...options }: StageOptions = {}): Promise<ContainerStage> {
    const { config: own = [], ...rest } = imageOptions ?? {};
    // A first process without a handler ignores all other signals: it would be waited for.
    const layout = makeShellLayout({ ...rest, config: ['--config.stopsignal', 'SIGKILL', ...own] });
    const weft = await LocalWeft.start(options);
    await configure(weft, { image_import_dir: dirname(layout), image_pull: 'never', ...config });
    const image = 'lab/shell:1';
    const pulled = await weft.request('POST', '/images', { name: image, source: 'oci:layout:latest' }, waiting);
    if (pulled.status !== 200) throw new Error(`image: ${pulled.status} ${JSON.stringify(pulled.body)}`);
    const [database] = await weft.sql<{ id: string }>('SELECT id FROM database');
    return new ContainerStage(weft, image, database?.id ?? '');
  }

  /** Changes a container, which runs the image unless the wish has another one. */
  async put(name: string, wish: Wish = {}): Promise<ContainerBody> {
    return this.must('PUT', `/host/host1/${name}`, { image: this.image, ...wish });
  }

  async get(name: string): Promise<ContainerBody> {
    return this.must('GET', `/host/host1/${name}`);
  }

  async act(name: string, action: 'start' | 'stop' | 'restart' | 'kill', body?: object): Promise<ContainerBody> {
    return this.must('POST', `/host/host1/${name}/${action}`, body);
  }

  async remove(name: string): Promise<void> {
    await this.must('DELETE', `/host/host1/${name}`);
  }

  /** A request that succeeds; returns the answer's body. */
  async must<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await this.weft.request<Body>(method, path, body, waiting);
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** What a script writes that runs in a container, without the last newline. */
  async inside(name: string, script: string): Promise<string> {
    const command = ['/bin/busybox', 'sh', '-c', script];
    const { exit_code, stdout, stderr } = await this.must<Executed>('POST', `/host/host1/${name}/exec`, { command });
    if (exit_code !== 0) throw new Error(`${script}: ${exit_code} ${stderr}`);
    return stdout.replace(/\n$/, '');
  }

  /** The id of its row, by which its process is known. */
  async owner(name: string): Promise<string> {
    const [row] = await this.weft.sql<{ id: string }>(`SELECT id FROM containers WHERE name = '${name}'`);
    if (row === undefined) throw new Error(`there is no row of ${name}`);
    return row.id;
  }

  /** The process of a container that runs, as the host has it. */
  async pid(name: string): Promise<number> {
    const owner = await this.owner(name);
    const { pid = null } = viewProcesses(this.paths.run, [owner]).get(owner) ?? {};
    if (pid === null) throw new Error(`${name} has no process`);
    return pid;
  }

  async untilState(name: string, state: ContainerBody['state'], longestMs?: number): Promise<ContainerBody> {
    let body = await this.get(name);
    const isThere = async () => {
      body = await this.get(name);
      return body.state === state;
    };
    await until(`${name} is ${state}`, isThere, longestMs);
    return body;
  }

  /** Ends weft and all processes, and removes all that does not outlive a restart of the host. */
  async crashHost(): Promise<void> {
    await this.weft.abandon();
    await endPrograms(this.paths.run);
    rmSync(dirname(this.paths.run), { recursive: true, force: true });
    clearHost();
  }

  /** As {@link crashHost}, and weft starts again. */
  async reboot(): Promise<void> {
    await this.crashHost();
    await this.weft.restart();
  }
}

/** Processes with this word among their arguments. */
export function running(word: string): number[] {
  return processesWith(word).filter((pid) => startTime(pid) !== null);
}
