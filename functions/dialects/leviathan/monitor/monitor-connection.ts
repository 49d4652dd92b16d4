import type { CinListener } from '../../../events/cins/watch.ts';
import type { CinWatches } from '../../../events/cins/watches.ts';
import { Backlog } from './backlog.ts';
import { errorMessage, eventMessage, readMessage, responseMessage, type StartRequest } from './messages.ts';
import { reportChanges, reportState } from './report.ts';

/** The server's end of a WebSocket. */
export interface MonitorSocket {
  send(text: string): void;
  /** RFC 6455, section 7.4: the code tells the client why. */
  close(code: number, reason: string): void;
  /** Bytes that the client has not taken yet; 0 where the platform does not tell. */
  unsentBytes(): number;
}

interface MonitorOptions {
  readonly socket: MonitorSocket;
  readonly watches: Pick<CinWatches, 'find' | 'join'>;
  /** Of the hypervisor that the path names; null: CINs are looked for in the whole fleet. */
  readonly host: string | null;
  readonly newId: () => string;
  /** What a client is told of an error. */
  readonly explain: (error: unknown) => string;
}

/** "Try again later", of the registry of close codes. */
export const TRY_AGAIN_LATER = 1013;

/** All monitors of one connection. */
export class MonitorConnection {
  readonly #options: MonitorOptions;
  /** What ends each monitor, by its id. */
  readonly #monitors = new Map<string, () => void>();
  /** Starts of monitors whose id the client has chosen, in the order of their requests. */
  readonly #starts = new Map<string, Promise<void>>();
  readonly #backlog = new Backlog();
  #isClosed = false;

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** A message of the client: text, or octets. */
  receive(data: unknown): void {
    if (this.#isClosed) return;
    const message = readMessage(data);
    if (message.kind === 'invalid') this.#send(errorMessage(message.sequence, message.reason));
    else void this.#startInOrder(message, message.monitorId ?? this.#options.newId());
  }

  /** The client has gone. */
  close(): void {
    this.#isClosed = true;
    for (const end of this.#monitors.values()) end();
    this.#monitors.clear();
  }

  /** Ends the connection, and tells the client why. */
  end(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.close();
    try {
      this.#options.socket.close(code, reason);
    } catch {
      // The client was faster.
    }
  }

  /** Two requests for one monitor: the later one counts. */
  async #startInOrder(request: StartRequest, id: string): Promise<void> {
    const start = (this.#starts.get(id) ?? Promise.resolve()).then(() => this.#start(request, id));
    this.#starts.set(id, start);
    await start;
    if (this.#starts.get(id) === start) this.#starts.delete(id);
  }

  async #start(request: StartRequest, id: string): Promise<void> {
    const { watches, host, explain } = this.#options;
    try {
      const cin = await watches.find(host, request.cin);
      if (this.#isClosed) return;
      await new Promise<void>((resolve, reject) => {
        const listener = this.#listenerFor(request, id, () => leave(), { resolve, reject });
        const leave = watches.join(cin, listener);
      });
    } catch (error) {
      this.#send(errorMessage(request.sequence, explain(error)));
    }
  }

  #listenerFor(
    { sequence, filter }: StartRequest,
    id: string,
    leave: () => void,
    { resolve, reject }: { readonly resolve: () => void; readonly reject: (error: unknown) => void },
  ): CinListener {
    return {
      started: (containers) => {
        if (this.#isClosed) leave();
        else {
          this.#monitors.get(id)?.();
          this.#monitors.set(id, leave);
          this.#send(responseMessage(sequence, id, reportState(containers, filter)));
        }
        resolve();
      },
      changed: (changes) => {
        for (const { event, containers } of reportChanges(changes, filter)) {
          this.#send(eventMessage(id, event, containers));
        }
      },
      failed: (error) => {
        leave();
        reject(error);
      },
    };
  }

  /** A client that reads too slowly is dropped: what it has not read would fill the memory. */
  #send(text: string): void {
    if (this.#isClosed) return;
    const { socket } = this.#options;
    if (this.#backlog.isTooLong(socket.unsentBytes(), performance.now())) {
      this.end(TRY_AGAIN_LATER, 'messages are read too slowly');
      return;
    }
    try {
      socket.send(text);
    } catch {
      // It was closed a moment ago.
      this.close();
    }
  }
}
