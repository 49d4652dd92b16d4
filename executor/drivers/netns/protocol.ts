import type { AddressingSelection, LinkSelection, NetnsDriver } from './driver.ts';
import type { NetnsErrorFields } from './errors.ts';
import type { PackedView } from './packed-view.ts';

/* The messages between the driver and its worker thread. */

export interface WorkerOptions {
  directory: string;
  /** In shared memory; null: no limit. */
  expires: BigInt64Array | null;
}

/** Derived from the verbs for many. */
type Singular = 'createNamespace' | 'deleteNamespace' | 'createVeth' | 'address';

type VerbName = Exclude<keyof NetnsDriver, 'close' | 'health' | 'view' | Singular>;

/** The driver's verbs as the worker has them: synchronous, each with one request. */
export type Verbs = {
  [Name in VerbName]: (request: Parameters<NetnsDriver[Name]>[0]) => Awaited<ReturnType<NetnsDriver[Name]>>;
} & {
  view: (request: ViewRequest) => PackedView;
};

/** The verbs for many namespaces, of which a second thread takes a half. */
export type SharedVerb = 'createNamespaces' | 'addressAll' | 'view';

export interface ViewRequest {
  readonly namespaces: readonly string[] | 'all';
  /** Without it, all links. */
  readonly links?: LinkSelection;
  /** Whether namespaces without an id get one, as they all do with 'all'. */
  readonly numbering?: boolean;
  /** Without it, no addressing. */
  readonly addressed?: AddressingSelection;
}

/** The request of a view with these arguments. */
export function viewRequest(...[namespaces, links, addressed]: Parameters<NetnsDriver['view']>): ViewRequest {
  return { namespaces, ...(links && { links }), ...(addressed && { addressed }) };
}

export interface Call {
  /** Counted from 1; an answer with id 0 reports that the worker has started, or failed to. */
  id: number;
  verb: keyof Verbs;
  request: unknown;
}

export type Answer = { id: number; value: unknown } | { id: number; error: NetnsErrorFields };
