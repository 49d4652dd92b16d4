/** What may be handed to a guest with cloud-init. Pure: no Node module. */

/** In bytes of UTF-8: more than clouds take (EC2 16 KiB), and little beside the rest of a row. */
export const USER_DATA_MAX = 65_536;

export const SSH_KEYS_MAX = 64;

/** In characters: an RSA key of 16,384 bits with a comment. */
export const SSH_KEY_MAX = 4096;

/**
 * Whether this is a public key as a line of an authorized_keys file (sshd(8)) has it, without options: what is executed at a
 * login belongs into user data, where it is seen.
 */
export function isSshKey(line: string): boolean {
  return (
    line.length <= SSH_KEY_MAX &&
    /^(?:ssh|ecdsa|sk)-[!-~]+ [A-Za-z0-9+/]{16,}={0,2}(?: [^\p{Cc}\p{Zl}\p{Zp}]*)?$/u.test(line)
  );
}

/** The size of user data in bytes of UTF-8, by which it is limited. */
export function userDataSize(userData: string): number {
  return new TextEncoder().encode(userData).length;
}
