import type { HostView } from './host-view.ts';
import { unpackView } from './packed-view.ts';
import { type SharedVerb, type Verbs, type ViewRequest, viewRequest } from './protocol.ts';

/** Fewer namespaces are done sooner than they are divided. */
const SHARED_FROM = 16;

/** Calls the first thread, the one that knows the links of the host. */
export type CallFirst = <Name extends keyof Verbs>(
  verb: Name,
  request: Parameters<Verbs[Name]>[0],
) => Promise<ReturnType<Verbs[Name]>>;

/** The thread that knows of named namespaces only. */
export interface SecondThread {
  call(verb: SharedVerb, request: unknown): Promise<unknown>;
}

/** Divides calls about many namespaces among two threads, if a second one is there. */
export class Sharing {
  readonly #call: CallFirst;
  readonly #spare: { take(): SecondThread | null };

  constructor(call: CallFirst, spare: { take(): SecondThread | null }) {
    this.#call = call;
    this.#spare = spare;
  }

  /** When one is refused, others may have been done. */
  async each<Name extends Exclude<SharedVerb, 'view'>>(
    verb: Name,
    requests: Parameters<Verbs[Name]>[0],
  ): Promise<void> {
    const spare = requests.length < SHARED_FROM ? null : this.#spare.take();
    if (spare === null) {
      await this.#call(verb, requests);
      return;
    }
    const half = Math.ceil(requests.length / 2);
    await both([
      this.#call(verb, requests.slice(0, half) as Parameters<Verbs[Name]>[0]),
      spare.call(verb, requests.slice(half)),
    ]);
  }

  async view(request: ViewRequest): Promise<HostView> {
    const { namespaces: names } = request;
    const spare = names === 'all' || names.length < SHARED_FROM ? null : this.#spare.take();
    if (names === 'all' || spare === null) return this.#viewAlone(request);
    const half = Math.ceil(names.length / 2);
    const [first, second] = await both([
      this.#viewAlone({ ...request, namespaces: names.slice(0, half) }),
      spare.call('view', insideOnly(request, names.slice(half))),
    ]);
    const namespaces = [...first.namespaces, ...unpackView(second as ReturnType<Verbs['view']>).namespaces];
    const seen = { ...first, namespaces };
    return arePeersRight(seen) ? seen : this.#viewAlone(request);
  }

  async #viewAlone(request: ViewRequest): Promise<HostView> {
    return unpackView(await this.#call('view', request));
  }
}

function insideOnly({ addressed }: ViewRequest, namespaces: readonly string[]): ViewRequest {
  const none = { owners: [], aliases: [], names: [] };
  return viewRequest(namespaces, none, addressed && { ...addressed, host: false });
}

/** What the other ends say of the links of the host: see `HostLinks.correctPeers`, which knows of the first half only. */
function arePeersRight({ links, namespaces }: HostView): boolean {
  const peers = new Map(links.map(({ index, peer }) => [index, peer]));
  return namespaces.every((namespace) =>
    namespace.links.every(({ index, peer }) => {
      const known = peer === null ? null : (peers.get(peer) ?? null);
      return known === null || known === index;
    }),
  );
}

/** Waits for both, also if one fails. */
async function both<First, Second>([first, second]: readonly [Promise<First>, Promise<Second>]): Promise<
  [First, Second]
> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}
