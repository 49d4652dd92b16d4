/**
 * `malformed`: what was read is no XML document that libvirt would write. `invalid`: a text has a character that XML
 * has no way to write.
 */
export type XmlErrorCode = 'malformed' | 'invalid';

/** What was not read or written. `message` is `action: detail`. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
  readonly code: XmlErrorCode;
  /** What was being done, for example `read domain`. */
  readonly action: string;
  /** The words of the parser or of the serializer. */
  readonly detail: string;
  readonly transient = false;

  constructor(code: XmlErrorCode, action: string, detail: string) {
    super(`${action}: ${detail}`);
    this.code = code;
    this.action = action;
    this.detail = detail;
  }
}
