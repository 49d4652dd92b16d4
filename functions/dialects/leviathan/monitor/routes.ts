import type { WSContext, WSEvents } from 'hono/ws';
import { readHypervisorReference } from '../../../../schema/api/fleet/parameters.ts';
import { Problem } from '../../../../schema/problem.ts';
import type { CinWatches } from '../../../events/cins/watches.ts';
import type { AppContext } from '../../../http/context.ts';
import { asProblem } from '../../../http/problem.ts';
import { newId } from '../../../operations/new-id.ts';
import { MonitorConnection } from './monitor-connection.ts';

/** What the monitors of one connection read from. */
export interface MonitorSource {
  readonly watches: CinWatches;
  /** When the connection has ended. */
  close(): void;
}

/** What a platform provides for WebSockets. */
export interface MonitorPlatform {
  upgrade(c: AppContext, events: WSEvents): Promise<Response>;
  /** `exhausted` is called when the source can be read no more. */
  open(c: AppContext, exhausted: () => void): MonitorSource;
}

/** "Service restart", of the registry of close codes: the client connects again. */
const SERVICE_RESTART = 1012;

/** GET /leviathan/monitor, which becomes a WebSocket (RFC 6455). */
export function monitor(platform: MonitorPlatform | undefined): (c: AppContext) => Promise<Response> {
  return async (c) => {
    if (platform === undefined || c.req.header('upgrade')?.toLowerCase() !== 'websocket') {
      throw new Problem('upgrade_required', `${c.req.path} is a WebSocket`, {
        hint: 'Connect a WebSocket client to it (ws://, wss://)',
        headers: { upgrade: 'websocket' },
      });
    }
    return platform.upgrade(c, handlersFor(c, platform));
  };
}

function handlersFor(c: AppContext, platform: MonitorPlatform): WSEvents {
  const { report } = c.get('settings');
  const requestId = c.get('requestId');
  const given = c.req.param('hypervisor');
  const host = given === undefined ? null : readHypervisorReference(given);
  let opened: { readonly connection: MonitorConnection; readonly source: MonitorSource } | undefined;

  function open(socket: WSContext) {
    const source = platform.open(c, () => connection.end(SERVICE_RESTART, 'connect again'));
    const connection = new MonitorConnection({
      ...{ watches: source.watches, host, newId },
      socket: {
        send: (text) => socket.send(text),
        close: (code, reason) => socket.close(code, reason),
        unsentBytes: () => unsentBytes(socket.raw),
      },
      explain: (error) => {
        const problem = asProblem(error);
        if (problem.code === 'internal') report(error, requestId);
        return problem.message;
      },
    });
    opened = { connection, source };
    return opened;
  }

  const close = () => {
    opened?.connection.close();
    opened?.source.close();
  };
  return {
    onMessage: ({ data }, socket) => (opened ?? open(socket)).connection.receive(data),
    onClose: close,
    onError: close,
  };
}

/** `WebSocket.bufferedAmount`, which earlier versions of workerd do not have. */
function unsentBytes(socket: unknown): number {
  const bytes: unknown = typeof socket === 'object' && socket !== null ? Reflect.get(socket, 'bufferedAmount') : 0;
  return typeof bytes === 'number' ? bytes : 0;
}
