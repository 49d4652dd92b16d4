import type { Hono } from 'hono';
import type { ProcessType } from '../../../schema/api/spp/commands.ts';
import { unknownUrl } from '../../../schema/api/spp/parameters.ts';
import { Problem } from '../../../schema/problem.ts';
import { processList, readProcesses } from '../../commands/processes/read.ts';
import type { AppContext, AppEnvironment } from '../../http/context.ts';
import { HYPERVISOR_PREFIX, withoutPrefix } from '../../http/hypervisor-prefix.ts';
import type { Methods } from '../../http/methods.ts';
import { linkNext, seedPage } from '../../http/pages.ts';
import { asProblem } from '../../http/problem.ts';
import { commandContext } from '../../operations/command-context.ts';
import { answerBody, answerText } from './answer.ts';
import * as components from './components.ts';
import * as patching from './patching.ts';
import { answerStatus, mountedPath, sendCommand } from './target.ts';

const PREFIX = '/v1';

/** The paths of spp-ctl, and those of later SPP as extensions. */
const paths: Readonly<Record<string, Methods>> = {
  '/processes': { GET: listProcesses },
  '/vfs/:id': { GET: (c) => answerStatus(c, 'vf'), DELETE: (c) => exit(c, 'vf') },
  '/vfs/:id/components': { POST: components.startComponent },
  '/vfs/:id/components/:name': { PUT: components.changePort, DELETE: (c) => components.stopComponent(c, 'vf') },
  '/vfs/:id/components/:name/ports': { PUT: components.changePort },
  '/vfs/:id/classifier_table': { PUT: components.changeClassifier },
  '/nfvs/:id': { GET: (c) => answerStatus(c, 'nfv'), DELETE: (c) => exit(c, 'nfv') },
  '/nfvs/:id/forward': { PUT: (c) => patching.forward(c, 'nfv') },
  '/nfvs/:id/ports': { PUT: patching.changePort },
  '/nfvs/:id/patches': { PUT: (c) => patching.patch(c, 'nfv'), DELETE: patching.removePatches },
  '/primary/status': { GET: (c) => answerStatus(c, 'primary'), DELETE: patching.clearStatus },
  '/primary/forward': { PUT: (c) => patching.forward(c, 'primary') },
  '/primary/ports': { PUT: patching.changePrimaryPort },
  '/primary/patches': { PUT: (c) => patching.patch(c, 'primary'), DELETE: patching.removePrimaryPatches },
  '/mirrors/:id': { GET: (c) => answerStatus(c, 'mirror'), DELETE: (c) => exit(c, 'mirror') },
  '/mirrors/:id/components': { POST: components.startMirror },
  '/mirrors/:id/components/:name': { DELETE: (c) => components.stopComponent(c, 'mirror') },
  '/mirrors/:id/components/:name/ports': { PUT: components.changeMirrorPort },
  '/pcaps/:id': { GET: (c) => answerStatus(c, 'pcap'), DELETE: (c) => exit(c, 'pcap') },
  '/pcaps/:id/capture': { PUT: patching.changeCapture },
};

export function spp(app: Hono<AppEnvironment>): void {
  for (const prefix of [PREFIX, `${HYPERVISOR_PREFIX}${PREFIX}`]) {
    for (const [path, methods] of Object.entries(paths)) serve(app, `${prefix}${path}`, methods);
    app.all(`${prefix}/*`, (c) => {
      throw unknownUrl(mountedPath(c.req.path));
    });
  }
}

function serve(app: Hono<AppEnvironment>, path: string, methods: Methods): void {
  for (const [method, handler] of Object.entries(methods)) app.on(method, path, handler);
  const allow = [...Object.keys(methods), ...('GET' in methods ? ['HEAD'] : [])].join(', ');
  app.all(path, () => {
    throw new Problem('method_not_allowed', 'Method not allowed.', { headers: { allow } });
  });
}

/** spp-ctl's clients expect plain text for every error. Undefined: the path does not belong to this dialect. */
export function answerSppError(error: unknown, c: AppContext): Response | undefined {
  const path = withoutPrefix(c.req.path);
  if (path !== PREFIX && !path.startsWith(`${PREFIX}/`)) return undefined;
  const problem = asProblem(error);
  if (problem.code === 'internal' && !(error instanceof Problem)) {
    c.get('settings')?.report(error, c.get('requestId'));
  }
  return answerText(c, problem);
}

/** GET /v1/processes */
async function listProcesses(c: AppContext): Promise<Response> {
  const { items, next } = await readProcesses(commandContext(c), seedPage(c, processList));
  linkNext(c, processList, next);
  return answerBody(c, JSON.stringify(items));
}

/** DELETE of a process (extension): ends it. */
function exit(c: AppContext, type: ProcessType): Promise<Response> {
  return sendCommand(c, type, () => ({ kind: 'exit' }));
}
