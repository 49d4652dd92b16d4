import { expect, it } from 'vitest';
import { loopbackUrl } from './api.ts';

it.each([
  [['127.0.0.1'], 'http://127.0.0.1:8080'],
  [['192.0.2.1', '::1'], 'http://[::1]:8080'],
  [['0.0.0.0'], 'http://127.0.0.1:8080'],
  [['::'], 'http://[::1]:8080'],
  [['192.0.2.1'], 'http://192.0.2.1:8080'],
])('the API that listens on %j is reached at %s', (hosts, url) => {
  expect(loopbackUrl(hosts.map((host) => ({ host, port: 8080 })))).toBe(url);
});
