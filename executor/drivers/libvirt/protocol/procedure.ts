import type { XdrType } from '../xdr/types.ts';

/** A procedure of libvirt's remote protocol. */
export interface Procedure<Arguments, Result> {
  /** Its name in the protocol file, in camel case: `domainGetXmlDesc`. */
  readonly name: string;
  readonly number: number;
  readonly arguments: XdrType<Arguments>;
  readonly result: XdrType<Result>;
}

export function procedure<Arguments, Result>(
  name: string,
  number: number,
  types: { readonly arguments: XdrType<Arguments>; readonly result: XdrType<Result> },
): Procedure<Arguments, Result> {
  return { name, number, ...types };
}

/** A message that libvirtd sends without being asked. */
export interface RemoteEvent<Message> {
  /** Its name in the protocol file, in camel case: `domainEventCallbackReboot`. */
  readonly name: string;
  readonly number: number;
  readonly message: XdrType<Message>;
}

export function remoteEvent<Message>(name: string, number: number, message: XdrType<Message>): RemoteEvent<Message> {
  return { name, number, message };
}
