import { setTimeout as pause } from 'node:timers/promises';
import { type Configuration, isLoopback, type ListenAddress } from '../../schema/process/configuration.ts';

const POLL_MS = 500;

interface OperationBody {
  readonly id: string;
  readonly status: string;
  readonly error: { readonly detail: string } | null;
}

/** A path of the hypervisor that `configuration` names, in the API of the weft that runs with it on this machine. */
export class LocalApi {
  readonly hypervisor: string;
  readonly #url: string;
  readonly #headers: Record<string, string>;

  constructor({ listen, adminToken, hypervisor }: Pick<Configuration, 'listen' | 'adminToken' | 'hypervisor'>) {
    this.hypervisor = hypervisor;
    this.#url = loopbackUrl(listen);
    this.#headers = adminToken === undefined ? {} : { authorization: `Bearer ${adminToken}` };
  }

  /** The answer's body; that of a write is read when its operation has succeeded. Throws the problem in words. */
  async request<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const own = `/hypervisors/${this.hypervisor}${path}`;
    const answer = await this.#send(method, own, body);
    if (answer.status !== 202) return (await bodyOf(answer)) as Body;
    const { id } = (await bodyOf(answer)) as OperationBody;
    await this.#ended(id);
    return (method === 'DELETE' ? {} : await bodyOf(await this.#send('GET', own))) as Body;
  }

  async #ended(id: string): Promise<void> {
    for (;;) {
      const { status, error } = (await bodyOf(await this.#send('GET', `/operations/${id}`))) as OperationBody;
      if (status === 'succeeded') return;
      if (status === 'failed' || status === 'cancelled') throw new Error(error?.detail ?? `it was ${status}`);
      await pause(POLL_MS);
    }
  }

  async #send(method: string, path: string, body?: unknown): Promise<Response> {
    try {
      return await fetch(`${this.#url}${path}`, {
        ...{ method, headers: this.#headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new Error(`weft does not answer at ${this.#url}; npm start starts it, WEFT_LISTEN says where it listens`, {
        cause,
      });
    }
  }
}

/** An address that stands for all of them includes loopback. */
export function loopbackUrl(listen: readonly ListenAddress[]): string {
  const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const addresses = listen.map(({ host, port }) => ({ host: everywhere[host] ?? host, port }));
  const { host, port } = addresses.find((each) => isLoopback(each.host)) ?? addresses[0] ?? { host: '', port: 0 };
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function bodyOf(answer: Response): Promise<unknown> {
  const body: unknown = await answer.json();
  if (answer.ok) return body;
  const { detail, hint } = Object(body);
  throw new Error([detail ?? `it was answered ${answer.status}`, ...(hint === undefined ? [] : [hint])].join('; '));
}
