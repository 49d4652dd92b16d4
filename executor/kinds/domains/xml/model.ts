/** The namespace of our element in a domain's metadata. */
export const DOMAIN_NAMESPACE = 'urn:weft:domain:1';

/** On one virtio-scsi controller: as many as have a letter (sda to sdz). */
export const DISKS_MAX = 26;

/** What weft wants of a domain, and all that its XML is made of. */
export interface DomainModel {
  readonly uuid: string;
  readonly name: string;
  /** The label of its resource. */
  readonly owner: string;
  /** Of the row that it was made from. */
  readonly generation: number;
  /** KVM, or QEMU's own emulation. */
  readonly accelerator: Accelerator;
  readonly memoryKib: number;
  readonly vcpus: number;
  /** In the order of their units, at least one. */
  readonly disks: readonly DiskModel[];
  /** Path of a NoCloud image, which is a read-only disk after all others. */
  readonly seed: string | null;
  readonly nics: readonly NicModel[];
  /** Path of the file that keeps what the guest writes to its first serial port. */
  readonly consoleLog: string;
  readonly boot: Boot;
}

export type Accelerator = 'kvm' | 'qemu';

export interface DiskModel {
  /** Path of a qcow2 image. */
  readonly source: string;
  /** By which the guest knows it, whatever letter it gives it. */
  readonly serial: string;
}

export interface NicModel {
  readonly mac: string;
  /** The name of a libvirt network. */
  readonly network: string;
  /**
   * False where the datapath forwards frames without computing the checksums that the guest left to its NIC: Open
   * vSwitch's userspace datapath. Pings pass, TCP does not.
   */
  readonly checksumOffload: boolean;
}

/** What the domain boots from. All but its disk is for one boot: the installer's. */
export type Boot =
  | { readonly from: 'disk' }
  | { readonly from: 'network' }
  | {
      readonly from: 'kernel';
      /** Paths on the host. */
      readonly kernel: string;
      readonly initrd: string | null;
      readonly commandLine: string;
    };

/** Whether the domain ends instead of rebooting, so that the end of the installation is seen. */
export function isInstallerBoot({ from }: Boot): boolean {
  return from !== 'disk';
}
