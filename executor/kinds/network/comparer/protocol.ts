import type { DatabaseAddress } from '../../../../schema/database/reader.ts';
import type { Changed } from '../../../../schema/resources/definition.ts';
import type { Comparison } from '../../../loop/reconcile/differences.ts';
import type { ContainerPaths } from '../../../peers/containers.ts';
import type { SentError } from './sent-error.ts';

/* The messages to and from the thread that compares the host with the rows. */

export interface ComparerOptions {
  readonly database: DatabaseAddress;
  readonly databaseId: string;
  readonly hypervisor: string;
  /** Null: this host runs no processes in containers. */
  readonly containers: ContainerPaths | null;
}

export type Call = { readonly id: number; readonly changed: Changed } | 'close';

export type Answer =
  | { readonly id: number; readonly comparison: Comparison }
  | { readonly id: number; readonly error: SentError };
