import type { MiddlewareHandler } from 'hono';
import { Problem } from '../../schema/problem.ts';
import type { AppEnvironment, Role } from './context.ts';

const openPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/**
 * Decides which requests are accepted. On loopback any web page in a browser can send requests (DNS rebinding,
 * cross-site forms): `Host` must be an address that weft listens on, and cross-site requests are refused unless their
 * origin is listed. If an admin token is set, every request but the health checks must carry it (RFC 6750).
 */
export function requestGuard(): MiddlewareHandler<AppEnvironment> {
  return async (c, next) => {
    const { hosts, origins, adminToken } = c.get('settings');
    const host = c.req.header('host')?.toLowerCase() ?? '';
    if (hosts !== null && !hosts.has(host)) {
      throw new Problem('misdirected', `Host "${host}" is not one that this API listens on`, {
        hint: 'Use the address that the API printed at its start, or list the name in WEFT_ALLOWED_HOSTS',
      });
    }
    refuseOtherSites(c.req.header('origin'), c.req.header('sec-fetch-site'), c.req.url, origins);
    const { principal, role } = await authenticate(c.req.path, c.req.header('authorization'), adminToken);
    c.set('principal', principal);
    c.set('role', role);
    await next();
  };
}

function refuseOtherSites(
  origin: string | undefined,
  fetchSite: string | undefined,
  url: string,
  origins: ReadonlySet<string>,
): void {
  if (origin !== undefined && origins.has(origin.toLowerCase())) return;
  const foreign = origin !== undefined && originHost(origin) !== new URL(url).host;
  if (foreign || fetchSite === 'cross-site' || fetchSite === 'same-site') {
    throw new Problem(
      'forbidden',
      `Requests of another site${origin === undefined ? '' : ` (${origin})`} are refused`,
      {
        hint: 'List the origin in WEFT_ALLOWED_ORIGINS if it is meant to use this API',
      },
    );
  }
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

interface Caller {
  readonly principal: string;
  readonly role: Role | null;
}

async function authenticate(path: string, header: string | undefined, token: string | undefined): Promise<Caller> {
  if (token === undefined) return { principal: 'local', role: 'admin' };
  if (header !== undefined && (await sameText(header, `Bearer ${token}`))) {
    return { principal: 'admin', role: 'admin' };
  }
  if (openPaths.has(path)) return { principal: 'anonymous', role: null };
  throw new Problem('unauthorized', 'Bearer token required', {
    hint: 'Send "Authorization: Bearer …" with the value of WEFT_ADMIN_TOKEN',
    headers: { 'www-authenticate': 'Bearer realm="weft"' },
  });
}

/** Compares digests, so that the time it takes reveals nothing about the token. */
async function sameText(left: string, right: string): Promise<boolean> {
  const encoder = new TextEncoder();
  const digests = await Promise.all(
    [left, right].map(async (text) => new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)))),
  );
  return (digests[0] ?? []).every((octet, index) => octet === digests[1]?.[index]);
}
