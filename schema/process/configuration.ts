import { isAbsolute, resolve } from 'node:path';
import * as v from 'valibot';
import { type ComputeStatus, computeStatuses } from '../api/compute/status.ts';
import type { Synchronous } from '../database/open-file.ts';

/** An address and port the API listens on. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const listenSchema = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const addresses: ListenAddress[] = [];
    for (const part of dataset.value.split(',')) {
      const found = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(part.trim());
      const port = Number(found?.[3]);
      if (!found || port > 65_535) {
        addIssue({ message: `"${part.trim()}" is not ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080` });
        return NEVER;
      }
      addresses.push({ host: found[1] ?? found[2] ?? '', port });
    }
    return addresses;
  }),
);

const oneAddressSchema = v.pipe(
  listenSchema,
  v.check((addresses) => addresses.length === 1, 'must be one ADDRESS:PORT'),
);

const databaseUrlSchema = v.pipe(
  v.string(),
  v.regex(/^(file:.+|libsql:\/\/.+|https?:\/\/.+)$/, 'must begin with file:, libsql://, http:// or https://'),
);

/** A name of a hypervisor, or a UUID. */
export const hypervisorNamePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** A libvirtd of this host. */
export interface LibvirtAddress {
  /** Its UNIX socket. */
  readonly socket: string;
  /** What is opened there. */
  readonly uri: string;
}

/** Where libvirtd has its socket by default. */
export const LIBVIRT_SOCKET = '/run/libvirt/libvirt-sock';
/** Where Open vSwitch has its database by default. */
export const OVS_SOCKET = '/var/run/openvswitch/db.sock';

/** The driver, with what it opens, and libvirt's parameter for another socket. */
const libvirtUriPattern = /^(qemu|test)(?:\+unix)?:\/\/(\/[a-z]+)(?:\?socket=(\/[^?&\s]+))?$/;

const libvirtUriSchema = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }): LibvirtAddress => {
    const found = libvirtUriPattern.exec(dataset.value);
    if (!found) {
      const examples = 'qemu:///system or qemu+unix:///system?socket=/run/libvirt/libvirt-sock';
      addIssue({ message: `must be the URI of a libvirtd of this host, such as ${examples}` });
      return NEVER;
    }
    const [, driver, path, socket = LIBVIRT_SOCKET] = found;
    return { socket, uri: `${driver}://${path}` };
  }),
);

const socketPathSchema = v.pipe(v.string(), v.regex(/^\/\S+$/, 'must be the absolute path of a UNIX socket'));

const listSchema = v.pipe(
  v.string(),
  v.transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
);

/** A value of the header `Origin` (RFC 6454, section 7): a browser sends no path, and weft no wildcard. */
const originsSchema = v.pipe(
  listSchema,
  v.everyItem(
    (origin) => /^[a-z][a-z\d+.-]*:\/\/[^\s/?#*]+$/i.test(origin),
    'must be a list of origins such as https://panel.example:3000, without paths and not *',
  ),
);

function wholeNumber(minimum: number, maximum: number) {
  const message = `must be a whole number from ${minimum} to ${maximum}`;
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,9}$/, message),
    v.transform(Number),
    v.minValue(minimum, message),
    v.maxValue(maximum, message),
  );
}

/** What is done about programs that a host lacks: installed, only reported, or neither. */
const setupModes = ['auto', 'check', 'off'] as const;
export type SetupMode = (typeof setupModes)[number];

const environmentSchema = v.object({
  WEFT_LISTEN: v.optional(listenSchema, '127.0.0.1:8080'),
  WEFT_STATE_DIR: v.optional(v.pipe(v.string(), v.minLength(1, 'must not be empty'))),
  WEFT_DATABASE_URL: v.optional(databaseUrlSchema),
  WEFT_DATABASE_AUTH_TOKEN: v.optional(v.string()),
  WEFT_DATABASE_SYNCHRONOUS: v.optional(v.picklist(['full', 'normal'], 'must be full or normal'), 'full'),
  WEFT_HYPERVISOR: v.optional(
    v.pipe(
      v.string(),
      v.regex(hypervisorNamePattern, 'must be a name of letters, digits, "_", "." and "-", or a UUID'),
    ),
    'host1',
  ),
  WEFT_ADMIN_TOKEN: v.optional(v.pipe(v.string(), v.minLength(16, 'must have at least 16 characters'))),
  WEFT_ALLOWED_HOSTS: v.optional(listSchema, ''),
  WEFT_ALLOWED_ORIGINS: v.optional(originsSchema, ''),
  WEFT_COMPUTE_STATUS: v.optional(v.picklist(computeStatuses, 'must be document or agent'), 'document'),
  WEFT_LIBVIRT_URI: v.optional(libvirtUriSchema, 'qemu:///system'),
  WEFT_OVS_SOCKET: v.optional(socketPathSchema, OVS_SOCKET),
  WEFT_SPP_PRIMARY: v.optional(oneAddressSchema, '127.0.0.1:5555'),
  WEFT_SPP_SECONDARY: v.optional(oneAddressSchema, '127.0.0.1:6666'),
  WEFT_SPP_REPLAY: v.optional(v.picklist(['on', 'off'], 'must be on or off'), 'on'),
  WEFT_SCAN_SECONDS: v.optional(wholeNumber(1, 3600), '30'),
  WEFT_ORPHAN_GRACE_SECONDS: v.optional(wholeNumber(0, 86_400), '60'),
  WEFT_RETENTION_DAYS: v.optional(wholeNumber(1, 36_500), '30'),
  WEFT_SETUP: v.optional(v.picklist(setupModes, 'must be auto, check or off'), 'auto'),
  WEFT_LOG: v.optional(
    v.picklist(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      (issue) => `"${issue.input}" is not one of trace, debug, info, warn, error, fatal, silent`,
    ),
    'info',
  ),
});

export interface Configuration {
  readonly listen: readonly ListenAddress[];
  readonly stateDirectory: string;
  readonly databaseUrl: string;
  readonly databaseAuthToken: string | undefined;
  /** Of the embedded database: whether a commit is on the disk before it is answered. */
  readonly databaseSynchronous: Synchronous;
  readonly hypervisor: string;
  readonly adminToken: string | undefined;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** How the compute dialect answers. */
  readonly computeStatus: ComputeStatus;
  readonly logLevel: string;
  readonly libvirt: LibvirtAddress;
  /** The UNIX socket of Open vSwitch's database. */
  readonly ovsSocket: string;
  /** Where SPP primaries connect, and the other SPP processes. */
  readonly sppPrimary: ListenAddress;
  readonly sppSecondary: ListenAddress;
  /**
   * Whether the configuration that the API set on an SPP process is replayed when the process reconnects without it.
   */
  readonly sppReplay: boolean;
  /** How often an executor compares its whole host with the desired state. */
  readonly scanSeconds: number;
  /** How long an orphan is left alone. */
  readonly orphanGraceSeconds: number;
  /** How long ended operations and events are kept. */
  readonly retentionDays: number;
  /** Whether the executor may install what a technology needs. */
  readonly setup: SetupMode;
}

/** An invalid variable; the message is one line that names it. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** Reads the environment; throws {@link ConfigurationError}. An empty variable counts as not set. */
export function readConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name.startsWith('WEFT_') && value !== ''),
  );
  const parsed = v.safeParse(environmentSchema, given);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new ConfigurationError(`${v.getDotPath(issue) ?? 'environment'}: ${issue.message}`);
  }
  const values = parsed.output;
  const stateDirectory = resolve(values.WEFT_STATE_DIR ?? defaultStateDirectory());
  const configuration: Configuration = {
    listen: values.WEFT_LISTEN,
    stateDirectory,
    databaseUrl: absoluteFile(values.WEFT_DATABASE_URL) ?? defaultDatabaseUrl(stateDirectory),
    databaseAuthToken: values.WEFT_DATABASE_AUTH_TOKEN,
    databaseSynchronous: values.WEFT_DATABASE_SYNCHRONOUS,
    hypervisor: values.WEFT_HYPERVISOR,
    adminToken: values.WEFT_ADMIN_TOKEN,
    allowedHosts: values.WEFT_ALLOWED_HOSTS,
    allowedOrigins: values.WEFT_ALLOWED_ORIGINS,
    computeStatus: values.WEFT_COMPUTE_STATUS,
    logLevel: values.WEFT_LOG,
    libvirt: values.WEFT_LIBVIRT_URI,
    ovsSocket: values.WEFT_OVS_SOCKET,
    sppPrimary: first(values.WEFT_SPP_PRIMARY),
    sppSecondary: first(values.WEFT_SPP_SECONDARY),
    sppReplay: values.WEFT_SPP_REPLAY === 'on',
    scanSeconds: values.WEFT_SCAN_SECONDS,
    orphanGraceSeconds: values.WEFT_ORPHAN_GRACE_SECONDS,
    retentionDays: values.WEFT_RETENTION_DAYS,
    setup: values.WEFT_SETUP,
  };
  refuseOpenDoor(configuration);
  return configuration;
}

function first([address]: readonly ListenAddress[]): ListenAddress {
  return address ?? { host: '127.0.0.1', port: 0 };
}

function defaultStateDirectory(): string {
  return process.getuid?.() === 0 ? '/var/lib/weft' : '.weft';
}

/** The database has a directory of its own, which no other program needs to enter. */
export function defaultDatabaseUrl(stateDirectory: string): string {
  return `file:${resolve(stateDirectory, 'database', 'weft.db')}`;
}

function absoluteFile(url: string | undefined): string | undefined {
  if (url === undefined || !url.startsWith('file:') || url.startsWith('file://')) return url;
  const path = url.slice('file:'.length);
  return isAbsolute(path) ? url : `file:${resolve(path)}`;
}

function refuseOpenDoor({ listen, adminToken }: Configuration): void {
  const open = listen.find(({ host }) => !isLoopback(host));
  if (open && adminToken === undefined) {
    throw new ConfigurationError(
      `WEFT_LISTEN: ${open.host} can be reached from other machines; set WEFT_ADMIN_TOKEN, or listen on 127.0.0.1`,
    );
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
