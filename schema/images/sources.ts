import { type ImageName, parseImageName } from './names.ts';
import { ImageSyntaxError } from './syntax-error.ts';

/** Where an image comes from: a registry, or a layout or an archive below the directory for imports. */
export type ImageSource =
  | { readonly transport: 'docker'; readonly name: ImageName }
  | { readonly transport: 'oci'; readonly file: string; readonly tag: string | null }
  | { readonly transport: 'oci-archive' | 'docker-archive'; readonly file: string };

const encoder = new TextEncoder();

const TRANSPORTS = 'docker://NAME, oci:FILE[:TAG], oci-archive:FILE or docker-archive:FILE';
/** Of one file name (NAME_MAX of <linux/limits.h>). */
const LONGEST_PART = 255;
/** Annotations `org.opencontainers.image.ref.name`, by the grammar of the OCI image layout, without slashes. */
const LAYOUT_TAG = /^[A-Za-z0-9]+(?:[-._@+]+[A-Za-z0-9]+)*$/;

/** Throws an {@link ImageSyntaxError} that says what is wrong. */
export function parseImageSource(text: string): ImageSource {
  const [, transport, rest = ''] = /^(docker:\/\/|oci:|oci-archive:|docker-archive:)(.*)$/s.exec(text) ?? [];
  switch (transport) {
    case 'docker://':
      return { transport: 'docker', name: parseImageName(rest) };
    case 'oci:': {
      const colon = rest.indexOf(':');
      const file = colon === -1 ? rest : rest.slice(0, colon);
      return { transport: 'oci', file: checkFile(file, text), tag: colon === -1 ? null : checkTag(rest, colon, text) };
    }
    case 'oci-archive:':
      return { transport: 'oci-archive', file: checkFile(rest, text) };
    case 'docker-archive:':
      return { transport: 'docker-archive', file: checkFile(rest, text) };
    default:
      throw refused(text, `it is none of ${TRANSPORTS}`);
  }
}

function checkTag(rest: string, colon: number, text: string): string {
  const tag = rest.slice(colon + 1);
  if (!LAYOUT_TAG.test(tag)) throw refused(text, `${JSON.stringify(tag)} is not a tag`);
  return tag;
}

/** A name below the directory for imports, not a path: it may have parts, but none that leads elsewhere. */
function checkFile(file: string, text: string): string {
  if (file === '') throw refused(text, 'it names no file');
  if (file.startsWith('/')) throw refused(text, 'it is an absolute path, not a name below the directory for imports');
  for (const part of file.split('/')) {
    if (part === '..') throw refused(text, '".." leads out of the directory for imports');
    if (part === '' || part === '.') throw refused(text, 'a part of its name is empty');
    if (encoder.encode(part).length > LONGEST_PART)
      throw refused(text, `a part of its name is over ${LONGEST_PART} bytes`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is refused
    if (/[\u0000-\u001f\u007f]/.test(part)) throw refused(text, 'its name has a control character');
  }
  return file;
}

function refused(text: string, detail: string): ImageSyntaxError {
  return new ImageSyntaxError(`the source ${JSON.stringify(text)}`, detail);
}
