import { describe, expect, it } from 'vitest';
import { ConfigurationError, readConfiguration } from './configuration.ts';

describe('readConfiguration', () => {
  it('has a default for everything', () => {
    expect(readConfiguration({})).toMatchObject({
      listen: [{ host: '127.0.0.1', port: 8080 }],
      hypervisor: 'host1',
      adminToken: undefined,
      logLevel: 'info',
      setup: 'auto',
      databaseUrl: expect.stringMatching(/^file:\/.*weft\.db$/),
    });
  });

  it('reads several addresses, IPv6 too', () => {
    expect(readConfiguration({ WEFT_LISTEN: '127.0.0.1:8080, [::1]:7777' }).listen).toEqual([
      { host: '127.0.0.1', port: 8080 },
      { host: '::1', port: 7777 },
    ]);
  });

  it('reads several origins', () => {
    const origins = ['https://panel.example', 'http://127.0.0.1:3000', 'http://[::1]:3000', 'app+x://local'];
    expect(readConfiguration({ WEFT_ALLOWED_ORIGINS: origins.join(', ') }).allowedOrigins).toEqual(origins);
  });

  it.each([
    ['qemu:///system', { uri: 'qemu:///system', socket: '/run/libvirt/libvirt-sock' }],
    ['qemu+unix:///system', { uri: 'qemu:///system', socket: '/run/libvirt/libvirt-sock' }],
    ['qemu+unix:///system?socket=/run/x/sock', { uri: 'qemu:///system', socket: '/run/x/sock' }],
    ['test:///default?socket=/run/x/sock', { uri: 'test:///default', socket: '/run/x/sock' }],
  ])('finds the socket of libvirtd at %s', (uri, libvirt) => {
    expect(readConfiguration({ WEFT_LIBVIRT_URI: uri })).toMatchObject({ libvirt });
  });

  it('treats an empty variable as unset', () => {
    expect(readConfiguration({ WEFT_HYPERVISOR: '' }).hypervisor).toBe('host1');
  });

  it.each([
    [{ WEFT_LISTEN: '8080' }, /^WEFT_LISTEN: "8080" is not ADDRESS:PORT/],
    [{ WEFT_LISTEN: '127.0.0.1:99999' }, /^WEFT_LISTEN: /],
    [{ WEFT_DATABASE_URL: 'mysql://x' }, /^WEFT_DATABASE_URL: must begin with/],
    [{ WEFT_HYPERVISOR: 'a b' }, /^WEFT_HYPERVISOR: /],
    [{ WEFT_ADMIN_TOKEN: 'short' }, /^WEFT_ADMIN_TOKEN: must have at least 16/],
    [{ WEFT_DATABASE_SYNCHRONOUS: 'off' }, /^WEFT_DATABASE_SYNCHRONOUS: must be full or normal/],
    [{ WEFT_ALLOWED_ORIGINS: '*' }, /^WEFT_ALLOWED_ORIGINS: must be a list of origins/],
    [{ WEFT_ALLOWED_ORIGINS: 'https://a.example, https://b.example/' }, /^WEFT_ALLOWED_ORIGINS: must be a list/],
    [{ WEFT_ALLOWED_ORIGINS: 'a.example' }, /^WEFT_ALLOWED_ORIGINS: must be a list/],
    [{ WEFT_COMPUTE_STATUS: '201' }, /^WEFT_COMPUTE_STATUS: must be document or agent/],
    [{ WEFT_SETUP: 'perhaps' }, /^WEFT_SETUP: must be auto, check or off/],
    [{ WEFT_LIBVIRT_URI: 'qemu+ssh://other/system' }, /^WEFT_LIBVIRT_URI: must be the URI of a libvirtd of this host/],
    [{ WEFT_LIBVIRT_URI: 'qemu:///system?socket=sock' }, /^WEFT_LIBVIRT_URI: must be the URI/],
    [{ WEFT_OVS_SOCKET: 'db.sock' }, /^WEFT_OVS_SOCKET: must be the absolute path of a UNIX socket/],
    [{ WEFT_LOG: 'loud' }, /^WEFT_LOG: "loud" is not one of/],
    [
      { WEFT_LISTEN: '0.0.0.0:8080' },
      /^WEFT_LISTEN: 0\.0\.0\.0 can be reached from other machines; set WEFT_ADMIN_TOKEN/,
    ],
  ])('refuses %o in one line that names the variable', (environment, message) => {
    expect(() => readConfiguration(environment)).toThrow(ConfigurationError);
    expect(() => readConfiguration(environment)).toThrow(message);
  });

  it('serves other machines when there is a token', () => {
    expect(readConfiguration({ WEFT_LISTEN: '0.0.0.0:80', WEFT_ADMIN_TOKEN: 'x'.repeat(16) }).listen).toHaveLength(1);
  });
});
