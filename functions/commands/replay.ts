import type { CommandContext } from '../operations/command-context.ts';
import type { Intent } from '../operations/intent.ts';

/** What was asked for, ready to be asked for again. */
export interface ReplayContext extends CommandContext {
  /** The request that the operation keeps. */
  readonly request: unknown;
}

/** Each kind of operation that a client can ask for, and how its request becomes an intent. */
export type ReplayHandlers = Readonly<Record<string, (stored: ReplayContext) => Intent | Promise<Intent>>>;
