/** A name or a source of an image that cannot be understood. */
export class ImageSyntaxError extends Error {
  override readonly name = 'ImageSyntaxError';
  /** What it is: `the image name "x"`. */
  readonly subject: string;
  /** What is wrong with it. */
  readonly detail: string;

  constructor(subject: string, detail: string) {
    super(`${subject}: ${detail}`);
    this.subject = subject;
    this.detail = detail;
  }
}
