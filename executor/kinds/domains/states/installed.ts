/** How an installation has ended. */
export type InstallationEnd =
  /** The installer powered off or rebooted, which ends a domain that boots one. */
  { readonly is: 'installed'; readonly isStarted: boolean } | { readonly is: 'failed'; readonly detail: string };

/**
 * What an installer has left when its domain is off: it says itself when it is done, and all else is a failure.
 *
 * @param reason in virsh's words (virDomainShutoffReason): a reboot is `shutdown`, too, as long as nothing but `destroy`
 *   follows each of power-off, reboot and crash, since QEMU then runs with `-no-reboot`
 * @param requestedBy the guest, or a signal on the host; null if unknown
 * @param start whether the request says that it is started then
 */
export function installationEnd(reason: string, requestedBy: 'guest' | 'host' | null, start: boolean): InstallationEnd {
  if (reason === 'shutdown' && requestedBy !== 'host') return { is: 'installed', isStarted: start };
  const how = reason === 'shutdown' ? 'its QEMU was ended by a signal' : `it is off (${reason})`;
  return { is: 'failed', detail: `the installation did not come to its end: ${how}` };
}
