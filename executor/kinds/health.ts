/** Whether a technology can be used now. */
export type Health = { readonly available: true } | { readonly available: false; readonly reason: string };

/** What an operation works on cannot be asked now. The code is that of the drivers' own errors. */
export class TechnologyAway extends Error {
  override readonly name = 'TechnologyAway';
  readonly code = 'away';
  readonly transient = true;

  constructor(reason: string) {
    super(reason);
    // It is the host's state and nothing of the code's.
    this.stack = `${this.name}: ${reason}`;
  }
}
