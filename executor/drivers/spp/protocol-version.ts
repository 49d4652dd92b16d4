/** The kind of a secondary's answer to `_get_client_id`; `none` for a primary, which is not asked. */
export type HandshakeKind = 'none' | 'integer' | 'json' | 'json-typed';

export type ProcessType = 'primary' | 'vf' | 'nfv' | 'mirror' | 'pcap';

/** Ids are unique over all types of secondaries. */
export type ProcessKey = 'primary' | number;

/** Differences between versions, which cannot be queried: no SPP process reports its version. */
export interface ProtocolVersion {
  readonly handshake: HandshakeKind;
  /** `add ring 0` or `add ring:0`, of nfv and primary. */
  readonly portSyntax: 'old' | 'new';
  /** The name for a classifying component. */
  readonly classifier: 'classifier_mac' | 'classifier';
  /** An nfv that crashes on `add phy:…` and on `del` of a port that it does not have. */
  readonly fragile: boolean;
  /** A primary that has ports, patches and forwarding itself. */
  readonly forwardingPrimary: boolean;
}

/**
 * Handshakes became JSON with a type in 2019, together with `classifier`. Processes that answer with a bare integer use
 * the old port syntax as long as their status is text: an nfv of 2018-10-05 already has frames of 2048 bytes, so that
 * MSG_SIZE does not distinguish them.
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
