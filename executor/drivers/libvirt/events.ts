import type { LibvirtCaller, ReceivedEvent } from './connection.ts';
import { type LifecycleEvent, lifecycleWords } from './domains/words.ts';
import type { RemoteEvent } from './protocol/procedure.ts';
import { events, procedures } from './protocol/remote.ts';
import type { Reference } from './reference.ts';
import { decode } from './xdr/types.ts';

/** What libvirtd reports of itself. */
export type LibvirtEvent =
  /** What happened to a domain, and how, in words like those of `virsh event`. */
  | ({ readonly kind: 'domain'; readonly event: LifecycleEvent; readonly detail: string } & Reference)
  /** The guest has rebooted, or was reset. */
  | ({ readonly kind: 'reboot' } & Reference)
  | ({
      readonly kind: 'io-error';
      /** The alias of the disk, and what it is made of. */
      readonly device: string;
      readonly path: string;
      /** What the hypervisor does about it: `pause` stops the guest. */
      readonly action: 'none' | 'pause' | 'report';
      /** In the hypervisor's word: `enospc`; empty if it says none. */
      readonly reason: string;
    } & Reference)
  | ({ readonly kind: 'network'; readonly event: NetworkEvent } & Reference)
  /** There is a connection again: anything may have happened meanwhile. */
  | { readonly kind: 'everything' };

const NETWORK_EVENTS = ['defined', 'undefined', 'started', 'stopped'] as const;
export type NetworkEvent = (typeof NETWORK_EVENTS)[number];

/** virDomainEventIOErrorAction. */
const IO_ERROR_ACTIONS = ['none', 'pause', 'report'] as const;

/** virDomainEventID of what is listened to: lifecycle, reboot, I/O error with its reason. */
const DOMAIN_EVENT_IDS = [0, 1, 6] as const;

/** VIR_NETWORK_EVENT_ID_LIFECYCLE. */
const NETWORK_EVENT_ID = 0;

/** Has libvirtd send the events of all domains and networks to a connection. */
export async function registerEvents(connection: LibvirtCaller, deadlineMs: number): Promise<void> {
  await Promise.all([
    ...DOMAIN_EVENT_IDS.map((eventID) =>
      connection.call(procedures.connectDomainEventCallbackRegisterAny, { eventID, dom: null }, deadlineMs),
    ),
    connection.call(procedures.connectNetworkEventRegisterAny, { eventID: NETWORK_EVENT_ID, net: null }, deadlineMs),
  ]);
}

type Decoder = (payload: Buffer) => LibvirtEvent | null;

const DECODERS: ReadonlyMap<number, Decoder> = new Map([
  decoder(events.domainEventCallbackLifecycle, ({ msg: { dom, event, detail } }) => {
    const words = lifecycleWords(event, detail);
    return words === null ? null : { kind: 'domain', ...words, ...referenceOf(dom) };
  }),
  decoder(events.domainEventCallbackReboot, ({ msg: { dom } }) => ({ kind: 'reboot', ...referenceOf(dom) })),
  decoder(events.domainEventCallbackIoErrorReason, ({ msg: { dom, devAlias, srcPath, action, reason } }) => ({
    ...{ kind: 'io-error', device: devAlias, path: srcPath },
    ...{ action: IO_ERROR_ACTIONS[action] ?? 'none', reason, ...referenceOf(dom) },
  })),
  decoder(events.networkEventLifecycle, ({ net, event }) => {
    const word = NETWORK_EVENTS[event];
    return word === undefined ? null : { kind: 'network', event: word, ...referenceOf(net) };
  }),
]);

/** Null: one that is not listened to. @throws XdrError if it is not what the protocol says */
export function decodeEvent({ number, payload }: ReceivedEvent): LibvirtEvent | null {
  return DECODERS.get(number)?.(payload) ?? null;
}

function decoder<Message>(
  { number, message }: RemoteEvent<Message>,
  understand: (message: Message) => LibvirtEvent | null,
): [number, Decoder] {
  return [number, (payload) => understand(decode(message, payload))];
}

function referenceOf({ uuid, name }: Reference): Reference {
  return { uuid, name };
}
