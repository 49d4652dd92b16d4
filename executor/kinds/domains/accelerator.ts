import { chooseDomainType, readKvmFacts } from '../../host/kvm.ts';
import type { Accelerator } from './xml/model.ts';

/**
 * How domains are run on this host, found out when it is first needed: QEMU may not be installed before. A guest is
 * started for it where there is KVM.
 */
export function acceleratorOnce(log: (text: string) => void): () => Promise<Accelerator> {
  let found: Promise<Accelerator> | undefined;
  return () => {
    found ??= readKvmFacts().then((facts) => {
      const { type, reason } = chooseDomainType(facts);
      log(`domains are run by ${type === 'kvm' ? 'KVM' : "QEMU's own emulation"}: ${reason}`);
      return type;
    });
    return found;
  };
}
