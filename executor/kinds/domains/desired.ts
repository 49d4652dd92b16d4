import type { Power, PowerAction } from '../../../schema/resources/domains/power.ts';
import type { DomainSettings, WantedDomain } from '../../../schema/resources/domains/rows.ts';
import type { Step } from '../resource.ts';
import type { DomainModel } from './xml/model.ts';

/** The state that is wanted of one domain. */
export type DesiredDomain = PresentDomain | AbsentDomain | AdoptedDomain | LostDomain;

export interface PresentDomain {
  readonly wanted: 'present';
  readonly domain: WantedDomain;
  /** It was never there: its disks are to be made. Those of one that was there are never replaced by empty ones. */
  readonly isNew: boolean;
  readonly power: WantedPower;
  readonly settings: DomainSettings;
}

export type WantedPower =
  /** Asked for by the operation. `action` says how, if it matters. */
  | { readonly is: 'asked'; readonly power: Power; readonly action: PowerAction | null }
  /** As it was: what the guest or a person has done since is followed. */
  | { readonly is: 'kept'; readonly power: Power; readonly recorded: RecordedState };

/** The state in the row. */
export interface RecordedState {
  readonly state: string;
  readonly reason: string | null;
  readonly generation: number;
}

export interface AbsentDomain {
  readonly wanted: 'absent';
  readonly name: string;
  /** Null: it never had one. */
  readonly id: string | null;
  /** Of the disks that its row says were made. */
  readonly positions: readonly number[];
}

/** It is on the host already, and stays as it is. */
export interface AdoptedDomain {
  readonly wanted: 'as it is';
  readonly name: string;
  readonly id: string;
}

/** The domain that an operation was to change was never made. */
export interface LostDomain {
  readonly wanted: 'change of nothing';
  readonly name: string;
}

interface OnDomain extends Step {
  /** The name of the domain. */
  readonly item: string;
  readonly id: string;
}

export type DomainStep =
  | (Step & { readonly name: 'libvirt.setup' | 'pool.ensure'; readonly item: null })
  | (OnDomain & { readonly name: 'volume.create'; readonly volume: string; readonly gigabytes: number })
  | (OnDomain & { readonly name: 'volume.delete'; readonly volume: string })
  | (OnDomain & { readonly name: 'domain.define'; readonly model: DomainModel })
  | (OnDomain & { readonly name: 'domain.shutdown'; readonly timeoutMs: number })
  | (OnDomain & {
      readonly name:
        | 'domain.start'
        | 'domain.suspend'
        | 'domain.resume'
        | 'domain.reboot'
        | 'domain.reset'
        | 'domain.destroy'
        | 'domain.undefine'
        | 'domain.autostart'
        | 'console.delete';
    });

export type DomainStepName = DomainStep['name'];
