import { ImageSyntaxError } from './syntax-error.ts';

/*
 * Names of images: the grammar of distribution's `reference` package, whose defaults are Docker's. `ubuntu` is
 * `docker.io/library/ubuntu:latest`.
 */

/** A name in its parts, defaults filled in. */
export interface ImageName {
  /** Host name of the registry with its port, if any: `docker.io`, `registry.example:5000`. */
  readonly registry: string;
  /** `library/ubuntu` */
  readonly path: string;
  /** Null if there is a digest: a digest decides by itself, and a tag beside it is ignored. */
  readonly tag: string | null;
  /** `sha256:` and 64 hexadecimal digits, or null. */
  readonly digest: string | null;
}

const HUB = 'docker.io';
const OLD_HUB = 'index.docker.io';
const OFFICIAL = 'library/';
const DEFAULT_TAG = 'latest';

/** Of registry and path together (`NameTotalLengthMax` of distribution). */
const LONGEST_REPOSITORY = 255;

const REGISTRY_PART = '(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])';
const REGISTRY = new RegExp(`^${REGISTRY_PART}(?:\\.${REGISTRY_PART})*(?::[0-9]{1,5})?$`);
const PATH_PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const IDENTIFIER = /^[0-9a-f]{64}$/;

/** Throws an {@link ImageSyntaxError} that says which part of the name is wrong. */
export function parseImageName(text: string): ImageName {
  const refuse = (detail: string) => new ImageSyntaxError(`the image name ${JSON.stringify(text)}`, detail);
  if (text === '') throw refuse('it is empty');
  const { name, tag, digest } = splitName(text);
  if (digest !== null && !DIGEST.test(digest)) {
    throw refuse(`the digest ${JSON.stringify(digest)} is not sha256: and 64 hexadecimal digits in lower case`);
  }
  if (tag !== null && !TAG.test(tag)) {
    throw refuse(
      `the tag ${JSON.stringify(tag)} is not 1 to 128 letters, digits, "_", "." and "-", of which the first is no "." or "-"`,
    );
  }
  if (IDENTIFIER.test(name)) throw refuse('64 hexadecimal digits are an id, not a name');
  const { registry, path } = splitRegistry(name);
  if (!REGISTRY.test(registry)) throw refuse(`${JSON.stringify(registry)} is not the host name of a registry`);
  const wrong = path.split('/').find((part) => !PATH_PART.test(part));
  if (wrong !== undefined) throw refuse(wrongPart(wrong));
  if (registry.length + 1 + path.length > LONGEST_REPOSITORY) {
    throw refuse(`it is longer than ${LONGEST_REPOSITORY} characters without its tag`);
  }
  return { registry, path, tag: digest === null ? (tag ?? DEFAULT_TAG) : null, digest };
}

function splitName(text: string): { name: string; tag: string | null; digest: string | null } {
  const at = text.indexOf('@');
  const digest = at === -1 ? null : text.slice(at + 1);
  const named = at === -1 ? text : text.slice(0, at);
  // A colon before a slash belongs to the port of the registry.
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  if (colon === -1) return { name: named, tag: null, digest };
  return { name: named.slice(0, colon), tag: named.slice(colon + 1), digest };
}

/** What is before the first slash is a registry only if it cannot be a part of a path. */
function splitRegistry(name: string): { registry: string; path: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isRegistry = /[.:]/.test(first) || first === 'localhost';
  const registry = isRegistry ? first : HUB;
  const path = isRegistry ? name.slice(slash + 1) : name;
  if (registry !== HUB && registry !== OLD_HUB) return { registry, path };
  return { registry: HUB, path: path.includes('/') ? path : `${OFFICIAL}${path}` };
}

function wrongPart(part: string): string {
  if (part === '') return 'a part of the path is empty';
  if (part !== part.toLowerCase()) return `${JSON.stringify(part)} is not in lower case`;
  return `${JSON.stringify(part)} is not lower-case letters and digits, separated by ".", "_", "__" or "-"`;
}

/** Registry and path: `docker.io/library/ubuntu`. */
export function repositoryOf({ registry, path }: ImageName): string {
  return `${registry}/${path}`;
}

/** The one form of all names of an image: `docker.io/library/ubuntu:14.04`. */
export function canonicalName(name: ImageName): string {
  return `${repositoryOf(name)}${suffix(name)}`;
}

/** The form that people know: `ubuntu:14.04`. */
export function familiarName(name: ImageName): string {
  if (name.registry !== HUB) return canonicalName(name);
  const path = name.path.startsWith(OFFICIAL) ? name.path.slice(OFFICIAL.length) : name.path;
  // Without `library/` the rest of the path must not be taken for a registry.
  return `${path.includes('/') && name.path.startsWith(OFFICIAL) ? name.path : path}${suffix(name)}`;
}

function suffix({ tag, digest }: ImageName): string {
  return digest === null ? `:${tag}` : `@${digest}`;
}

/** Whether a registry is on this machine; only such a one may be without TLS. */
export function isLoopback({ registry }: ImageName): boolean {
  const host = registry.replace(/:\d+$/, '');
  return host.toLowerCase() === 'localhost' || /^127(?:\.(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])){3}$/.test(host);
}
