import type { Asked } from '../operations/command-context.ts';
import type { Intent } from '../operations/intent.ts';

/** What was asked for, ready to be asked for again. */
export interface StoredRequest extends Asked {
  /** The request that the operation keeps. */
  readonly request: unknown;
}

/** Each kind of operation that a client can ask for, and how its request becomes an intent. */
export type Requests = Readonly<Record<string, (stored: StoredRequest) => Intent | Promise<Intent>>>;
