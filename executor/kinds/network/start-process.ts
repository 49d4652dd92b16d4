import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../../../schema/problem.ts';
import { runtimeConfiguration } from '../../drivers/oci/bundle/configuration.ts';
import { CAPABILITIES } from '../../drivers/oci/bundle/process.ts';
import { type SeccompProfile, type SeccompSource, seccompProfile } from '../../drivers/oci/bundle/seccomp.ts';
import { resolveUser } from '../../drivers/oci/bundle/user.ts';
import type { Image } from '../../drivers/oci/images/store.ts';
import type { ContainersPeer } from '../../peers/containers.ts';
import type { ProcessSpec, RunSpec } from './desired.ts';
import { bindMounts } from './mounts.ts';
import { imageOf } from './processes.ts';

/** As golang-github-containers-common ships it. */
const SECCOMP_PROFILE = '/usr/share/containers/seccomp.json';
const NAMESPACES = '/run/netns';

type StartPeer = Pick<ContainersPeer, 'images' | 'runtime' | 'paths'>;

/** Starts the process of a container whose network is complete. */
export async function startProcess(peer: StartPeer, spec: ProcessSpec, run: RunSpec): Promise<void> {
  const { owner, container } = spec;
  const { process, limits } = run;
  const image = await foundImage(peer, imageOf(process));
  const user = await resolveUser(process.user ?? image.config.user, image.root);
  const files = await writeFiles(join(peer.paths.layers, owner), container, run.addresses);
  const mounts = await bindMounts(process.mounts ?? [], run.mountRoots);
  const seccomp = await seccompOf();
  await peer.runtime.start({
    ...{ owner, number: process.asked, layer: String(process.made), digest: image.digest, lower: image.root, limits },
    stopSignal: image.config.stopSignal ?? 'SIGTERM',
    networkNamespace: join(NAMESPACES, container),
    binds: mounts.map(({ source }) => source),
    configuration: ({ root, networkNamespace, binds }) =>
      runtimeConfiguration({
        ...{ image: image.config, user, root, networkNamespace, limits, pidsLimit: run.pidsLimit, seccomp },
        mounts: [...files, ...mounts.map((mount, position) => ({ ...mount, source: binds[position] ?? '' }))],
        overrides: {
          ...(process.entrypoint && { entrypoint: process.entrypoint }),
          ...(process.command && { command: process.command }),
          ...(process.env && { environment: process.env }),
          ...(process.workdir !== undefined && { workingDirectory: process.workdir }),
        },
        hostname: container.slice(0, HOST_NAME_MAX),
        cgroupsPath: join(peer.paths.group, owner),
        annotations: { 'io.weft.container': container, 'io.weft.image': image.name },
      }),
  });
}

/** sethostname(2): 64 bytes. */
const HOST_NAME_MAX = 64;

async function foundImage({ images }: StartPeer, name: string): Promise<Image> {
  const found = await images.find(name);
  if (found !== null) return found;
  throw new Problem('impossible', `There is no image ${name} on this host`, {
    hint: `Pull it: npm run image -- pull ${name}, or set image_pull of the hypervisor to missing`,
  });
}

let seccomp: Promise<SeccompProfile> | undefined;

/** It is made once from a package's file of a hundred kilobytes. */
async function seccompOf(): Promise<SeccompProfile> {
  seccomp ??= readSeccomp();
  return seccomp.catch(() => {
    seccomp = undefined;
    throw new Problem('impossible', `The seccomp profile ${SECCOMP_PROFILE} cannot be read`, {
      hint: 'Install it: npm run setup -- containers',
    });
  });
}

async function readSeccomp(): Promise<SeccompProfile> {
  const source: SeccompSource = JSON.parse(await readFile(SECCOMP_PROFILE, 'utf8'));
  return seccompProfile(source, CAPABILITIES, process.arch === 'arm64' ? 'arm64' : 'amd64');
}

/** What every container has of its own, made at each start. */
async function writeFiles(directory: string, name: string, addresses: readonly string[]) {
  const files = {
    hosts: ['127.0.0.1 localhost', '::1 localhost ip6-localhost', ...addresses.map((each) => `${each} ${name}`), ''],
    hostname: [name, ''],
    'resolv.conf': await nameservers(),
  };
  const own = join(directory, 'files');
  await mkdir(own, { recursive: true });
  for (const [file, lines] of Object.entries(files)) await writeFile(join(own, file), lines.join('\n'));
  return Object.keys(files).map((file) => ({
    source: join(own, file),
    destination: `/etc/${file}`,
    readonly: false,
  }));
}

/** Those of the host which a container may reach: none on its loopback. */
async function nameservers(): Promise<string[]> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  return [...text.split('\n').filter((line) => !/^\s*nameserver\s+(127\.|::1)/.test(line) && line.trim() !== ''), ''];
}
