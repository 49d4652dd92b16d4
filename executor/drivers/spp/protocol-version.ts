/** What a secondary says to `_get_client_id`, or that it was never asked, as the primary is not. */
export type HandshakeKind = 'none' | 'integer' | 'json' | 'json-typed';

export type ProcessType = 'primary' | 'vf' | 'nfv' | 'mirror' | 'pcap';

/** Ids are unique over all types of secondaries. */
export type ProcessKey = 'primary' | number;

/** What there is no asking for: which words a process understands. No SPP tells its version. */
export interface ProtocolVersion {
  readonly handshake: HandshakeKind;
  /** `add ring 0` or `add ring:0`, of nfv and primary. */
  readonly portSyntax: 'old' | 'new';
  /** The name for a classifying component. */
  readonly classifier: 'classifier_mac' | 'classifier';
  /** An nfv that crashes on `add phy:…` and on `del` of a port that it does not have. */
  readonly fragile: boolean;
  /** A primary with ports, patches and forwarding of its own. */
  readonly forwardingPrimary: boolean;
}

/**
 * Handshakes became JSON with a type in 2019, along with `classifier`. Those that answer with a bare integer write
 * ports in the old way as long as their status is text: an nfv of 2018-10-05 already has frames of 2048 bytes, so that
 * MSG_SIZE does not tell.
 *
 * @param status the text of the process' first status
 */
export function protocolVersionOf(handshake: HandshakeKind, status: string): ProtocolVersion {
  const modern = handshake === 'json-typed';
  const textStatus = !status.startsWith('{');
  return {
    handshake,
    portSyntax: textStatus ? 'old' : 'new',
    classifier: modern ? 'classifier' : 'classifier_mac',
    fragile: handshake === 'integer',
    forwardingPrimary: handshake === 'none' && status.includes('"master-lcore"'),
  };
}
