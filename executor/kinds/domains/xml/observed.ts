/** What libvirt says of a domain, of ours or of others, in the words of {@link DomainModel}. */
export interface ObservedDomain {
  readonly uuid: string;
  readonly name: string;
  /** From our element of its metadata; null for a domain of others. */
  readonly owner: string | null;
  readonly generation: number | null;
  /** `kvm`, `qemu`, or what else libvirt has, such as `test`. */
  readonly accelerator: string;
  /** The most that it may have, which is what it starts with. */
  readonly memoryKib: number;
  /** The most that it may have. */
  readonly vcpus: number;
  /** Also CD-ROMs and floppies. */
  readonly disks: readonly ObservedDisk[];
  readonly nics: readonly ObservedNic[];
  /** The file of its first serial port's log. */
  readonly consoleLog: string | null;
  readonly boot: ObservedBoot;
  /** What follows when the guest reboots: `restart`, or `destroy` while it is installed. */
  readonly onReboot: string;
}

export interface ObservedDisk {
  /** `disk`, `cdrom`, `floppy` or `lun`. */
  readonly device: string;
  /** Path, or for a volume of a pool `pool/volume`; null for others, and for an empty drive. */
  readonly source: string | null;
  readonly format: string | null;
  /** `sda`: unique in the domain. */
  readonly target: string;
  readonly serial: string | null;
  /** On its controller; null if it is not a drive on one, such as a virtio disk. */
  readonly unit: number | null;
  readonly readOnly: boolean;
}

export interface ObservedNic {
  readonly mac: string;
  /** Null if it is on no libvirt network. */
  readonly network: string | null;
  /** The name of its tap device, which only a live domain has. */
  readonly tap: string | null;
  readonly checksumOffload: boolean;
}

export interface ObservedBoot {
  /** libvirt's words in their order: `hd`, `network`, `cdrom`, `fd`. */
  readonly devices: readonly string[];
  readonly kernel: string | null;
  readonly initrd: string | null;
  /** Empty without one. */
  readonly commandLine: string;
}
