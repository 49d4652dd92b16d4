import { ImageError, type ImageErrorCode } from './errors.ts';

/*
 * What skopeo and umoci say about their failures, and what it means. Neither has exit codes for it: skopeo's text joins
 * the words of its libraries, of the registry and of the kernel.
 */

/** The first that matches decides: the words of a cause are in the same line as those of its consequences. */
const MEANINGS: readonly (readonly [RegExp, ImageErrorCode])[] = [
  [/digest did not match/i, 'invalid'],
  [/no space left on device|disk quota exceeded/i, 'full'],
  [/manifest unknown|name unknown|repository name not known|no descriptor found for reference/i, 'unknown'],
  [/unauthorized|authentication required|access to the resource is denied|invalid username\/password/i, 'denied'],
  [/status code from registry 40[13]\b|StatusCode: 40[13]\b|403 \(Forbidden\)/i, 'denied'],
  [/server gave HTTP response to HTTPS client|x509: |certificate/i, 'unsupported'],
  [/blob unknown|status code from registry 404\b|StatusCode: 404\b/i, 'unknown'],
  [/toomanyrequests|status code from registry (?:429|5\d\d)\b|StatusCode: (?:429|5\d\d)\b/i, 'unreachable'],
  [/pinging container registry|connection refused|no such host|server misbehaving/i, 'unreachable'],
  [/network is unreachable|no route to host|i\/o timeout|handshake timeout|dial tcp/i, 'unreachable'],
  [/unexpected EOF|connection reset|broken pipe|stream error|: EOF\b|happened during read/i, 'cut'],
];

const LONGEST_DETAIL = 1_000;

/** The error for a program that failed, with its own words in it. */
export function complaintError(action: string, program: string, complaint: string): ImageError {
  const words = withoutSecrets(lastWords(complaint));
  const code = MEANINGS.find(([pattern]) => pattern.test(words))?.[1] ?? 'invalid';
  const detail = words === '' ? `${program} failed and said nothing` : `${program}: ${words}`;
  return new ImageError(code, action, detail.slice(0, LONGEST_DETAIL));
}

/** skopeo's last line has its reason as `msg="…"`, umoci's begins with a cross. */
function lastWords(complaint: string): string {
  const lines = complaint.trim().split('\n');
  const reasons = lines.filter((line) => line.includes('level=fatal') || line.trimStart().startsWith('⨯'));
  const line = (reasons.at(-1) ?? lines.at(-1) ?? '').trim().replace(/^⨯ /, '');
  const quoted = /\bmsg=("(?:[^"\\]|\\.)*")/.exec(line)?.[1];
  return (quoted === undefined ? line : unquote(quoted)).trim().replaceAll(/\s+/g, ' ');
}

/** Go's quotes are JSON's but for rare escapes. */
function unquote(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}

/** URLs may have a user with a password, and signatures after a question mark. */
function withoutSecrets(words: string): string {
  return words
    .replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s"@]*@/gi, '$1')
    .replaceAll(/(https?:\/\/[^\s"?]*)\?[^\s"]*/gi, '$1');
}
