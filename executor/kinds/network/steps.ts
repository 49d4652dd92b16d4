import type { ImageSettings, StoredImage } from '../../../schema/resources/images/rows.ts';
import type { AddressChange, Addressing, Link, NamespaceView } from '../../drivers/netns/driver.ts';
import type { ProcessView } from '../../drivers/oci/runtime/driver.ts';
import type { Step } from '../resource.ts';
import type { IsolationSpec, ProcessSpec, RunSpec, StopSpec } from './desired.ts';

/** An end of a new veth pair; `up` only if no other step must precede that. */
export interface NewVethEnd {
  readonly namespace: string | null;
  readonly name: string;
  readonly alias: string;
  readonly mac: string;
  readonly bridge: string | null;
  readonly up: boolean;
}

/** The link with this name, if it has the alias. */
export interface NamedLink {
  readonly namespace: string | null;
  readonly name: string;
  readonly alias: string;
}

export interface LinkReplacement {
  readonly namespace: string;
  /** Alias of the link whose addresses and name the other one gets. */
  readonly from: string;
  readonly to: string;
  readonly name: string;
}

/** A step of the network resource on a host. */
export type NetworkStep = Step &
  (
    | { readonly name: 'namespace.create'; readonly namespace: string; readonly label: string }
    | { readonly name: 'namespace.delete'; readonly namespace: string; readonly label: string }
    | {
        readonly name: 'bridge.create';
        readonly bridge: string;
        readonly alias: string;
        readonly mac: string;
        readonly up: boolean;
      }
    | { readonly name: 'veth.create'; readonly ends: readonly [NewVethEnd, NewVethEnd] }
    | {
        readonly name: 'link.label';
        readonly namespace: string | null;
        readonly link: string;
        readonly mac: string;
        readonly alias: string;
      }
    | {
        readonly name: 'link.change';
        readonly namespace: string | null;
        readonly alias: string;
        readonly change: { readonly name?: string; readonly bridge?: string };
      }
    | { readonly name: 'links.enable'; readonly links: readonly NamedLink[] }
    | { readonly name: 'links.replace'; readonly replacements: readonly LinkReplacement[] }
    | { readonly name: 'links.delete'; readonly namespace: string | null; readonly aliases: readonly string[] }
    | {
        readonly name: 'addresses.change';
        readonly namespace: string | null;
        readonly changes: readonly AddressChange[];
      }
    | { readonly name: 'isolation.change'; readonly isolation: IsolationSpec }
    | { readonly name: 'containers.install' }
    | { readonly name: 'image.pull'; readonly image: string; readonly settings: ImageSettings }
    | { readonly name: 'process.start'; readonly process: ProcessSpec; readonly run: RunSpec }
    | { readonly name: 'process.stop'; readonly owner: string; readonly stop: StopSpec }
    | { readonly name: 'process.keep'; readonly owner: string; readonly number: number }
    | { readonly name: 'process.limit'; readonly owner: string; readonly limits: RunSpec['limits'] }
    | { readonly name: 'process.remove'; readonly owner: string }
  );

type ProcessStepName = 'containers.install' | 'image.pull' | `process.${string}`;

/** A step on the process of a container. */
export type ProcessStep = Extract<NetworkStep, { name: ProcessStepName }>;

export function isProcessStep(step: NetworkStep): step is ProcessStep {
  return step.name.startsWith('process.') || step.name === 'image.pull' || step.name === 'containers.install';
}

/** The state of the host that the plan uses. */
export interface ObservedNetwork {
  readonly host: readonly Link[];
  readonly namespaces: ReadonlyMap<string, NamespaceView>;
  /** Of the host itself; null: it was not read. */
  readonly addressing: Addressing | null;
  /** Null: it was not read. */
  readonly isolation: IsolationView | null;
  /** Null: they were not read. */
  readonly processes: ObservedProcesses | null;
}

/** The processes of containers, by owner, and what they need. */
export interface ObservedProcesses {
  /** When they were read, in milliseconds since 1970. */
  readonly nowMs: number;
  readonly views: ReadonlyMap<string, ProcessView>;
  /** The owners of writable layers. */
  readonly layers: ReadonlySet<string>;
  /** Those of the images that the desired state names which are there; null: not looked for. */
  readonly images: ReadonlyMap<string, StoredImage> | null;
  /** The programs that run containers are installed. */
  readonly isInstalled: boolean;
}

/** The rules that isolate CINs. */
export interface IsolationView {
  /** False: somebody has changed what is common to all of them. */
  readonly intact: boolean;
  /** By the label of the CIN. */
  readonly owners: ReadonlyMap<string, Pick<IsolationSpec, 'bridges' | 'gateway' | 'forwarding'>>;
}
