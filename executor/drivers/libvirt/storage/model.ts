import type { Reference } from '../reference.ts';

/** A pool that is a directory. */
export interface DirectoryPool extends Reference {
  /** An absolute path. */
  readonly directory: string;
}

export interface PoolDescription extends Reference {
  /** `dir` for one that is a directory; see libvirt's "Storage pool XML format". */
  readonly type: string;
  /** Where its volumes are; null: it has no such path. */
  readonly directory: string | null;
  /** Only the volumes of one that is active are known. */
  readonly active: boolean;
  /** libvirtd starts it when libvirtd is started. */
  readonly autostart: boolean;
  /** Of its file system, in bytes, when the pool was last refreshed; 0 if it is not active. */
  readonly capacityBytes: number;
  readonly availableBytes: number;
}

/** A volume that is to be made: a qcow2 image (version 3), sparse. */
export interface VolumeModel {
  /** Of its file, in the directory of the pool. */
  readonly name: string;
  /** What a guest sees, in bytes. */
  readonly capacityBytes: number;
}

/** One that reads from another volume of its pool what was not written to it. */
export interface OverlayModel extends VolumeModel {
  /** The other's name. */
  readonly backing?: string;
}

export interface VolumeDescription {
  readonly name: string;
  /** Of its file. It is also its key, by which libvirt knows it. */
  readonly path: string;
  /** `qcow2`, `raw`, `iso` …, as libvirt finds it in the file. */
  readonly format: string;
  /** What a guest sees, in bytes. */
  readonly capacityBytes: number;
  /** What it takes in its file system now, in bytes. */
  readonly allocationBytes: number;
  /** What it reads from where it was not written; null: nothing. */
  readonly backing: Backing | null;
}

export interface Backing {
  readonly path: string;
  readonly format: string;
}
