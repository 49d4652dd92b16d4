import type { Context } from 'hono';
import type { ComputeStatus } from '../../schema/api/compute/status.ts';
import type { Database } from '../../schema/database/database.ts';
import type { IdempotencyKey } from './idempotency-key.ts';
import type { SchemaCheck } from './schema-check.ts';

/** Each may do what those before it may. Every authenticated principal is an admin for now. */
export const roles = ['operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Whether a principal with a role, or without one, may do what needs another. */
export function isAtLeast(role: Role | null, needed: Role): boolean {
  return role !== null && roles.indexOf(role) >= roles.indexOf(needed);
}

/** Settings of a deployment; on a Worker they are created for each request. */
export interface Settings {
  readonly database: Database;
  /** Accepted values of `Host`, in lower case; null if the platform routes by host name. */
  readonly hosts: ReadonlySet<string> | null;
  readonly origins: ReadonlySet<string>;
  readonly adminToken: string | undefined;
  /** How many times a waiting request may read its operation (a Worker's subrequests are limited). */
  readonly readBudget: number;
  /** Aborted when the process is shutting down: requests stop waiting for operations. */
  readonly stopping?: AbortSignal;
  readonly report: (error: unknown, requestId: string) => void;
  /** How the compute dialect answers writes; undefined: as its document says. */
  readonly computeStatus?: ComputeStatus | undefined;
  /** HTTP/1.1: a request without Content-Length and Transfer-Encoding has no body (RFC 9112, section 6.3). */
  readonly hasFramedBodies?: boolean;
  /** Whether this version can serve the database; undefined: the process checked that when it opened it. */
  readonly schema?: SchemaCheck;
}

export interface Variables {
  settings: Settings;
  requestId: string;
  principal: string;
  /** Of the principal; null: it may read the health checks only. */
  role: Role | null;
  /** Resolves when the answer has been streamed: until then what the settings have opened is used. */
  streaming?: Promise<void>;
  /** The request's `Idempotency-Key`. */
  idempotencyKey: IdempotencyKey | undefined;
}

export type AppEnvironment = { Variables: Variables };
export type AppContext = Context<AppEnvironment>;
