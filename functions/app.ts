import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Problem } from '../schema/problem.ts';
import { compute } from './dialects/compute/routes.ts';
import { hypervisors } from './dialects/hypervisors/routes.ts';
import type { MonitorPlatform } from './dialects/leviathan/monitor/routes.ts';
import { leviathan } from './dialects/leviathan/routes.ts';
import { answerSppError, spp } from './dialects/spp/routes.ts';
import { weft } from './dialects/weft/routes.ts';
import { brokenOff } from './http/body-text.ts';
import type { AppContext, AppEnvironment, Settings } from './http/context.ts';
import { crossOrigin } from './http/cross-origin.ts';
import { answerProblem, problemResponse } from './http/problem.ts';
import { requestGuard } from './http/request-guard.ts';
import { idempotency } from './operations/idempotency.ts';
import { newId } from './operations/new-id.ts';

export const BODY_MAX_BYTES = 1024 * 1024;

const requestIdPattern = /^[A-Za-z0-9_.:-]{1,128}$/;

/**
 * The API, identical on Workers and on Node. `settings` is called once for each request; resources that it opened for
 * that request alone are closed by `release`. `monitors` opens WebSockets.
 */
export function createApp(
  settings: (c: AppContext) => Settings,
  release: (settings: Settings) => void = () => undefined,
  monitors?: MonitorPlatform,
): Hono<AppEnvironment> {
  const app = new Hono<AppEnvironment>({ strict: false });
  app.onError((error, c) => answerSppError(error, c) ?? answerProblem(error, c));
  app.notFound((c) =>
    problemResponse(new Problem('not_found', `Path ${c.req.path} not found`, { hint: 'GET / lists the paths' }), c),
  );

  app.use(async (c, next) => {
    const given = c.req.header('x-request-id');
    c.set('requestId', given !== undefined && requestIdPattern.test(given) ? given : newId());
    c.header('x-request-id', c.get('requestId'));
    const current = settings(c);
    c.set('settings', current);
    try {
      await next();
    } finally {
      const streaming = c.get('streaming');
      if (streaming === undefined) release(current);
      else void streaming.then(() => release(current));
    }
  });
  app.use(crossOrigin());
  app.use(requestGuard());
  app.use(async (c, next) => {
    const { schema, database } = c.get('settings');
    await schema?.require(database);
    await next();
  });
  app.use(limitBody());
  app.use(idempotency());

  weft(app);
  hypervisors(app);
  compute(app);
  leviathan(app, monitors);
  spp(app);
  return app;
}

/** If the length is declared, checking it is enough: reading the body would turn it into a stream first. */
function limitBody(): MiddlewareHandler<AppEnvironment> {
  const limitStream = bodyLimit({ maxSize: BODY_MAX_BYTES, onError: tooLarge });
  return async (c, next) => {
    const length = c.req.header('content-length') ?? (c.get('settings').hasFramedBodies ? '0' : undefined);
    if (c.req.header('transfer-encoding') === undefined && length !== undefined) {
      if (Number(length) > BODY_MAX_BYTES) tooLarge();
      return next();
    }
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next();
    return limitStream(c, next).catch(brokenOff);
  };
}

function tooLarge(): never {
  throw new Problem('too_large', 'The body is larger than 1 MiB', { hint: 'Send a long list in several requests' });
}
