import { SSH_KEYS_MAX, USER_DATA_MAX, userDataSize } from '../../../../schema/cloud-init.ts';
import { iso9660Image } from './iso9660.ts';

/** What a guest with cloud-init reads at its first start. */
export interface Seed {
  /** Of the guest: with another one, cloud-init takes it for a new machine and runs again. */
  readonly instance: string;
  readonly hostname: string;
  /** Lines of an authorized_keys file, for the image's own user. */
  readonly sshKeys: readonly string[];
  /** In any of cloud-init's formats; null without. */
  readonly userData: string | null;
}

/** By which cloud-init finds the image among the guest's disks. */
const VOLUME = 'cidata';

/** A configuration that says nothing: the file must be there. */
const NO_USER_DATA = '#cloud-config\n{}\n';

/**
 * The image of cloud-init's data source NoCloud, the same one for the same seed.
 *
 * The keys are in the metadata, where a cloud has them, so that user data stays what it is, byte by byte, whether it is a
 * `#cloud-config`, a script, or MIME; a configuration that names keys itself has them all. Without a `network-config`
 * cloud-init asks DHCP on the first NIC.
 *
 * @throws RangeError for more than the limits of `schema/cloud-init.ts`
 */
export function seedImage({ instance, hostname, sshKeys, userData }: Seed): Uint8Array {
  if (sshKeys.length > SSH_KEYS_MAX) throw new RangeError(`${sshKeys.length} SSH keys, more than ${SSH_KEYS_MAX}`);
  const size = userDataSize(userData ?? '');
  if (size > USER_DATA_MAX) throw new RangeError(`${size} bytes of user data, more than ${USER_DATA_MAX}`);
  const metaData = { 'instance-id': instance, 'local-hostname': hostname, 'public-keys': sshKeys };
  const encoder = new TextEncoder();
  return iso9660Image(VOLUME, [
    { name: 'meta-data', content: encoder.encode(`${yaml(metaData)}\n`) },
    { name: 'user-data', content: encoder.encode(userData ?? NO_USER_DATA) },
  ]);
}

/** JSON, which is YAML but for the few characters that YAML 1.1 takes for line breaks or does not print. */
function yaml(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
