/** Whether a technology can be used now. */
export type Health = { readonly available: true } | { readonly available: false; readonly reason: string };

/** The technology that an operation needs cannot be accessed now. The code is that of the drivers' own errors. */
export class TechnologyAway extends Error {
  override readonly name = 'TechnologyAway';
  readonly code = 'away';
  readonly transient = true;

  constructor(reason: string) {
    super(reason);
    // The stack would be useless: the cause is the host's state.
    this.stack = `${this.name}: ${reason}`;
  }
}
