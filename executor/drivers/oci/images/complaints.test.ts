import { describe, expect, it } from 'vitest';
import { complaintError } from './complaints.ts';

const fatal = (words: string) =>
  `time="2026-01-01T00:00:00Z" level=warning msg="x"\ntime="…" level=fatal msg=${JSON.stringify(words)}\n`;

describe('a complaint', () => {
  it.each([
    ['reading manifest 2 in registry.example/x: manifest unknown: manifest unknown', 'unknown', false],
    ['reading manifest 1 in registry.example/x: name unknown: repository name not known to registry', 'unknown', false],
    ['reading manifest 1 in registry.example/x: unauthorized: authentication required', 'denied', false],
    [
      'errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required',
      'denied',
      false,
    ],
    ['unable to retrieve auth token: invalid username/password: unauthorized: incorrect username', 'denied', false],
    [
      'pinging container registry 127.0.0.1:1: Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
      'unreachable',
      true,
    ],
    [
      'pinging container registry x.example: Get "https://x.example/v2/": dial tcp: lookup x.example: no such host',
      'unreachable',
      true,
    ],
    [
      'pinging container registry x.example: Get "https://x.example/v2/": x509: certificate signed by unknown authority',
      'unsupported',
      false,
    ],
    [
      'pinging container registry x.example: Get "https://x.example/v2/": http: server gave HTTP response to HTTPS client',
      'unsupported',
      false,
    ],
    [
      'reading manifest 1 in docker.io/library/x: toomanyrequests: You have reached your pull rate limit',
      'unreachable',
      true,
    ],
    ['writing blob: happened during read: unexpected EOF', 'cut', true],
    ['reading blob sha256:ab: read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer', 'cut', true],
    ['writing blob: write layout/oci-put-blob1: no space left on device', 'full', false],
    ['writing blob: happened during read: Digest did not match, expected sha256:ab, got sha256:cd', 'invalid', false],
    ['loading tar component manifest.json: archive/tar: invalid tar header', 'invalid', false],
  ])('%s is %s', (words, code, transient) => {
    const error = complaintError('pull x:1', 'skopeo', fatal(words));
    expect(error).toMatchObject({ code, transient, action: 'pull x:1' });
    expect(error.message).toBe(`pull x:1: skopeo: ${words.replaceAll('\n', ' ')}`);
  });

  it('of umoci is its line with the cross', () => {
    const error = complaintError('unpack x:1', 'umoci', '   • unpacking …\n   ⨯ unpack entry: a: link: no such file\n');
    expect(error).toMatchObject({ code: 'invalid', detail: 'umoci: unpack entry: a: link: no such file' });
  });

  it('that is none, or of an unknown form, is shown as it is', () => {
    expect(complaintError('pull', 'skopeo', '').detail).toBe('skopeo failed and said nothing');
    expect(complaintError('pull', 'skopeo', 'panic: x\n').detail).toBe('skopeo: panic: x');
    expect(complaintError('pull', 'skopeo', 'level=fatal msg="a \\x00"').detail).toBe('skopeo: "a \\x00"');
  });

  it('is shown without passwords and signatures', () => {
    const words = 'Get "https://bob:secret@x.example/v2/?a=1": Get "https://store.example/b?X-Signature=abc": EOF';
    const { message } = complaintError('pull', 'skopeo', fatal(words));
    expect(message).toBe('pull: skopeo: Get "https://x.example/v2/": Get "https://store.example/b": EOF');
  });
});
