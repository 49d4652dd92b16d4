/*
 * Pools: what their operations and rows say of containers. An operation's request has all that it changes, so that it
 * does not depend on rows which a later request has changed.
 */

export const SCALE_POOL = 'cpool.scale';
export const DELETE_POOL = 'cpool.delete';

/** SQL: the kinds of operations on pools. */
export const poolKinds = `'${SCALE_POOL}', '${DELETE_POOL}'`;

/** The name of a pool's container; they are numbered from 1. */
export function containerOfPool(pool: string, number: number): string {
  return `${pool}-${number}`;
}

/** The request of a part that scales a pool. */
export interface PoolRequest {
  readonly cpoolID: string;
  readonly type: string;
  readonly start_with: number;
  readonly cins: readonly { readonly cinID: string; readonly default_route?: string }[];
  /** Ids of the CENs that the containers are in. */
  readonly cens: readonly string[];
  /** The name of the CIN whose gateway the default route goes via; null: the lowest one. */
  readonly default_route: string | null;
  /** The names of the CENs, and CINs over them, that the operation makes. */
  readonly make: readonly string[];
}

/** What an operation says of the containers of its pool. */
export interface PoolChange {
  /** The image of its containers; null: they are removed. */
  readonly type: string | null;
  readonly size: number;
  readonly defaultRoute: string | null;
  readonly makes: ReadonlySet<string>;
  /** The number of a container of the pool. */
  readonly numberOf: (container: string) => number;
}

/** Null: not an operation on a pool. */
export function poolChange(operation: { readonly kind: string; readonly request: string }): PoolChange | null {
  const { kind } = operation;
  if (kind !== SCALE_POOL && kind !== DELETE_POOL) return null;
  const request: Partial<PoolRequest> & Pick<PoolRequest, 'cpoolID'> = JSON.parse(operation.request);
  const digits = request.cpoolID.length + 1;
  return {
    type: kind === DELETE_POOL ? null : (request.type ?? null),
    size: kind === DELETE_POOL ? 0 : (request.start_with ?? 0),
    defaultRoute: request.default_route ?? null,
    makes: new Set(request.make),
    numberOf: (container) => Number(container.slice(digits)),
  };
}

/** Over `c`, a container of the pool `k`: its number. */
export const poolNumber = 'CAST(substr(c.name, length(k.name) + 2) AS INTEGER)';

/** Over `o`, an operation on a pool: how many containers the pool has afterwards. */
export const sizeAfter = `CASE o.kind WHEN '${DELETE_POOL}' THEN 0 ELSE o.request ->> '$.start_with' END`;

/** What a pool's spec has of the request of an operation that scales it. */
export const specOf = (request: string) => `json_remove(${request}, '$.cpoolID', '$.make')`;
