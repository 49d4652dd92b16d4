import { type StandIn, type StandInOptions, startNfv, startPrimary, startVf } from '../stand-ins/spp/process.ts';
import type { Instance } from './instance.ts';
import { LocalWeft } from './local-weft.ts';
import { whenFinished } from './shared.ts';
import { until } from './until.ts';

/* weft with stand-ins of SPP processes, on the ports of spp-ctl: free in the test's own network namespace. */

export const PRIMARY_PORT = 5555;
export const SECONDARY_PORT = 6666;

export type Era = StandInOptions['era'];

/** A stand-in that ends with the test, or with those that share it. */
export function keep(standIn: StandIn): StandIn {
  whenFinished(() => standIn.close());
  return standIn;
}

export function aPrimary(era: Era, options: Partial<StandInOptions> = {}): StandIn {
  return keep(startPrimary({ era, port: PRIMARY_PORT, clientId: 0, reconnectMs: 50, ...options }));
}

export function aVf(era: Era, clientId = 1, options: Partial<StandInOptions> = {}): StandIn {
  return keep(
    startVf({ era, port: SECONDARY_PORT, clientId, cores: [2, 3, 4, 5, 6, 7, 8], reconnectMs: 50, ...options }),
  );
}

export function anNfv(era: Era, clientId = 2, options: Partial<StandInOptions> = {}): StandIn {
  return keep(startNfv({ era, port: SECONDARY_PORT, clientId, reconnectMs: 50, ...options }));
}

export interface SppAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

/** A request as spp-ctl's clients send it; a body that is not text is sent as JSON. */
export async function ask(weft: Instance, method: string, path: string, body?: unknown): Promise<SppAnswer> {
  const answer = await weft.fetch(path, {
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}

/** Waits until that number of processes is connected. */
export async function connected(weft: Instance, count: number): Promise<void> {
  await until(`${count} processes are connected`, async () => {
    const { text } = await ask(weft, 'GET', '/v1/processes');
    return (JSON.parse(text) as unknown[]).length === count;
  });
}

export interface Panel<W extends Instance> {
  readonly weft: W;
  readonly primary: StandIn;
  readonly vf: StandIn;
  readonly nfv: StandIn;
}

/** A weft with a primary, vf 1 and nfv 2 of one era. */
export async function aPanel(era: Era): Promise<Panel<LocalWeft>> {
  return panelOf(await LocalWeft.start(), era);
}

/** A primary, vf 1 and nfv 2 of one era, connected. */
export async function panelOf<W extends Instance>(weft: W, era: Era): Promise<Panel<W>> {
  const [primary, vf, nfv] = [aPrimary(era), aVf(era), anNfv(era)];
  await connected(weft, 3);
  return { weft, primary, vf, nfv };
}
