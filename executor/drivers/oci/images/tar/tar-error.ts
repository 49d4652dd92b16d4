/** An archive that is damaged, or made in a way that is refused. */
export class TarError extends Error {
  override readonly name = 'TarError';
}
