import { onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { until } from './until.ts';

export interface Contained {
  readonly containerID: string;
  readonly ipaddress: string;
  readonly tag: string | null;
}

export interface EventMessage {
  readonly type: 'event';
  readonly monitorID: string;
  readonly event: string;
  readonly message: Contained[];
}

export interface ResponseMessage {
  readonly type: 'response';
  readonly sequence: string;
  readonly response: { readonly monitorID: string; readonly state: Contained[] };
}

export interface ErrorMessage {
  readonly type: 'error';
  readonly sequence: string | number | null;
  readonly response: { readonly message: string };
}

export type Message = EventMessage | ResponseMessage | ErrorMessage;

interface Started {
  readonly cinID?: string;
  readonly container_tag?: string;
  readonly events?: readonly string[];
  readonly monitorID?: string;
  readonly sequence?: string;
}

/** A WebSocket client of /leviathan/monitor, which keeps all messages. */
export class MonitorClient {
  readonly socket: WebSocket;
  /** In the order of their arrival. */
  readonly messages: Message[] = [];
  /** The code that the connection ended with. */
  closed: number | undefined;
  #sequence = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => this.messages.push(JSON.parse(String(data))));
    socket.on('close', (code) => {
      this.closed = code;
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  /** Starts a monitor; returns the answer. */
  async start<Answer extends Message = ResponseMessage>(started: Started = {}): Promise<Answer> {
    const { sequence = `s${++this.#sequence}`, monitorID, cinID = 'cin1', ...parameters } = started;
    this.send({ type: 'start', sequence, monitor: 'CIN', monitorID, parameters: { cinID, ...parameters } });
    return (await this.answer(sequence)) as Answer;
  }

  async answer(sequence: string): Promise<Message> {
    const found = () => this.messages.find((message) => message.type !== 'event' && message.sequence === sequence);
    await until(`${sequence} is answered`, () => found() !== undefined);
    const message = found();
    if (message === undefined) throw new Error(`${sequence} was answered a moment ago`);
    return message;
  }

  /** The events of a monitor so far: one text for each container, `create c1 10.10.0.10 tag`. */
  told(monitorId?: string): string[] {
    return this.messages.flatMap((message) =>
      message.type === 'event' && (monitorId === undefined || message.monitorID === monitorId)
        ? message.message.map((each) => `${message.event} ${describe(each)}`)
        : [],
    );
  }

  async untilTold(count: number, monitorId?: string): Promise<string[]> {
    await until(`${count} changes are told`, () => this.told(monitorId).length >= count);
    return this.told(monitorId);
  }
}

export function describe({ containerID, ipaddress, tag }: Contained): string {
  return `${containerID} ${ipaddress} ${tag}`;
}

/** Connects to the monitor of a server; `base` is its http URL. Rejects with the status of a refusal. */
export async function connectMonitor(
  base: string,
  options: ClientOptions = {},
  path = '/leviathan/monitor',
): Promise<MonitorClient> {
  const socket = new WebSocket(`${base.replace(/^http/, 'ws').replace(/\/$/, '')}${path}`, options);
  const client = new MonitorClient(socket);
  onTestFinished(() => socket.terminate());
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  return client;
}
