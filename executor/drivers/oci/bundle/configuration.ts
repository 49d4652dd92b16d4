import type { ImageConfig } from '../images/image.ts';
import { type Limits, resourcesOf } from './cgroups.ts';
import { argumentsOf, CAPABILITIES, environmentOf, type Overrides, workingDirectoryOf } from './process.ts';
import type { SeccompProfile } from './seccomp.ts';
import type { User } from './user.ts';

export interface BundleInput {
  readonly image: ImageConfig;
  readonly overrides: Overrides;
  readonly user: User;
  readonly hostname: string;
  readonly root: string;
  /** Path of the network namespace. */
  readonly networkNamespace: string;
  readonly cgroupsPath: string;
  readonly limits: Limits;
  /** Of processes and threads; null: none. */
  readonly pidsLimit: number | null;
  /** /etc/hosts and its like among them. */
  readonly mounts: readonly { readonly source: string; readonly destination: string; readonly readonly: boolean }[];
  readonly seccomp: SeccompProfile;
  readonly annotations: Readonly<Record<string, string>>;
}

export type RuntimeConfiguration = ReturnType<typeof runtimeConfiguration>;

/** `config.json` of the OCI runtime specification, with Docker's defaults. Throws a BundleError `invalid`. */
export function runtimeConfiguration(input: BundleInput) {
  const { image, overrides, user, hostname, limits, pidsLimit } = input;
  const { uid, gid, additionalGids, home } = user;
  // As Docker: only root has them; another user may gain them from files, which noNewPrivileges prevents.
  const held = uid === 0 ? CAPABILITIES : [];
  return {
    ociVersion: '1.0.2',
    hostname,
    root: { path: input.root, readonly: false },
    process: {
      terminal: false,
      user: { uid, gid, additionalGids },
      args: argumentsOf(image, overrides),
      env: environmentOf(image, overrides, hostname, home),
      cwd: workingDirectoryOf(image, overrides),
      capabilities: { bounding: CAPABILITIES, permitted: held, effective: held },
      noNewPrivileges: true,
      oomScoreAdj: 0,
    },
    mounts: [
      mount('/proc', 'proc', 'proc', 'nosuid,noexec,nodev'),
      mount('/dev', 'tmpfs', 'tmpfs', 'nosuid,strictatime,mode=755,size=65536k'),
      mount('/dev/pts', 'devpts', 'devpts', 'nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5'),
      mount('/sys', 'sysfs', 'sysfs', 'nosuid,noexec,nodev,ro'),
      mount('/sys/fs/cgroup', 'cgroup', 'cgroup', 'ro,nosuid,noexec,nodev'),
      mount('/dev/mqueue', 'mqueue', 'mqueue', 'nosuid,noexec,nodev'),
      mount('/dev/shm', 'tmpfs', 'shm', 'nosuid,noexec,nodev,mode=1777,size=65536k'),
      ...input.mounts.map((bind) => {
        return mount(bind.destination, 'bind', bind.source, `rbind,rprivate,${bind.readonly ? 'ro' : 'rw'}`);
      }),
    ],
    annotations: input.annotations,
    linux: {
      cgroupsPath: input.cgroupsPath,
      // Of its own network namespace: users other than root ping and serve any port.
      sysctl: { 'net.ipv4.ping_group_range': '0 2147483647', 'net.ipv4.ip_unprivileged_port_start': '0' },
      resources: { ...resourcesOf(limits), ...(pidsLimit !== null && { pids: { limit: pidsLimit } }) },
      namespaces: [
        ...['pid', 'ipc', 'uts', 'mount', 'cgroup'].map((type) => ({ type })),
        { type: 'network', path: input.networkNamespace },
      ],
      seccomp: input.seccomp,
      maskedPaths: [
        'asound',
        'acpi',
        'kcore',
        'keys',
        'latency_stats',
        'timer_list',
        'timer_stats',
        'sched_debug',
        'scsi',
      ]
        .map((name) => `/proc/${name}`)
        .concat('/sys/firmware', '/sys/devices/virtual/powercap'),
      readonlyPaths: ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map((name) => `/proc/${name}`),
    },
  };
}

function mount(destination: string, type: string, source: string, options: string) {
  return { destination, type, source, options: options.split(',') };
}
