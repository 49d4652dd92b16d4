import { type Statement, statement } from '../../database/database.ts';
import type { images } from '../../tables/images.ts';
import type { RowOf } from '../../tables/row.ts';

/** Positions in a subject, `hypervisors/<UUID>/images/<name>`, counted from 1 as in SQL. */
const HYPERVISOR_AT = 'hypervisors/'.length + 1;
const KIND_AT = HYPERVISOR_AT + 36;
const NAME_AT = KIND_AT + '/images/'.length;

/** A subject's name has no slash: they are escaped, as in a path. Names of images contain no percent sign. */
const SLASH = '%2F';

/** Of an image of kind `oci`, of a row of images, `i`. */
export const imageSubject = `'hypervisors/' || i.hypervisor || '/images/' || replace(i.name, '/', '${SLASH}')`;

export function imageSubjectOf(hypervisor: string, name: string): string {
  return `hypervisors/${hypervisor}/images/${name.replaceAll('/', SLASH)}`;
}

export function imageOfSubject(subject: string): string {
  return subject.slice(NAME_AT - 1).replaceAll(SLASH, '/');
}

/** The name of an image in a subject, as SQL. */
export function imageNameIn(subject: string): string {
  return `replace(substr(${subject}, ${NAME_AT}), '${SLASH}', '/')`;
}

/** Whether a subject is that of an image, as SQL. */
export function isImageSubject(subject: string): string {
  return `substr(${subject}, ${KIND_AT}, 8) = '/images/'`;
}

/** What is on a host under the name of an image. */
export interface StoredImage {
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  /** When it was built, as it says itself, RFC 3339. */
  readonly created: string | null;
}

/** How a hypervisor's config has images pulled. */
export interface ImageSettings {
  /** Whether an image that a container needs is pulled when it is missing. */
  readonly pullsMissing: boolean;
  /** What archives and layouts are names below; null: none is imported. */
  readonly importDirectory: string | null;
  /** A file with users and passwords of registries; null: none is used. */
  readonly credentialsFile: string | null;
  /** Whether a registry may be the host itself, or have a link-local address. */
  readonly mayBeLocal: boolean;
}

/** Keys of a hypervisor's config. */
const settingsKeys = ['image_pull', 'image_import_dir', 'registry_credentials', 'image_allow_local'] as const;
export type ImageSettingsRow = Readonly<Record<(typeof settingsKeys)[number], string | null>>;

/** To be read on the snapshot of an operation's other rows: {@link imageSettingsOf} the first row. */
export function selectImageSettings(hypervisor: string): Statement<ImageSettingsRow> {
  return statement<ImageSettingsRow>(
    `SELECT ${settingsKeys.map((key) => `config ->> '$.${key}' AS ${key}`).join(', ')} FROM hypervisors WHERE id = :hypervisor`,
    { hypervisor },
  );
}

/** The same as JSON, over `h`, a row of hypervisors. */
export const imageSettingsColumn = `json_object(${settingsKeys.map((key) => `'${key}', h.config ->> '$.${key}'`).join(', ')})`;

export function imageSettingsOf(row: ImageSettingsRow | undefined): ImageSettings {
  return {
    pullsMissing: row?.image_pull !== 'never',
    importDirectory: row?.image_import_dir ?? null,
    credentialsFile: row?.registry_credentials ?? null,
    mayBeLocal: row?.image_allow_local === 'true',
  };
}

const rowColumns = ['name', 'generation', 'desired', 'state', 'digest', 'size', 'created'] as const;
type ImageRow = Pick<RowOf<typeof images>, (typeof rowColumns)[number]>;
export const imageColumns = rowColumns.map((column) => `i.${column}`).join(', ');

export interface ImageRows {
  readonly name: string;
  /** Undefined: it was deleted. */
  readonly row: ImageRow | undefined;
  readonly settings: ImageSettings;
}

export type { ImageRow };
