/* The example requests of chypervisord's document, in its order and as it writes them, and the bodies that it shows. */

const described = {
  id: 'abcd1234-abcd-1234-abcd-1234abcd1234',
  metadata: {},
  ip: '10.100.101.35',
  netmask: '255.255.255.255',
  gateway: '10.100.101.35',
  mac: '01:23:45:67:89:ac',
  total_resources: { memory: 1024, disk: 1024, cpu: 1 },
  available_resources: { memory: 1024, disk: 1024, cpu: 1 },
};

/** A PATCH merges: the document's own answers show resources of 0 after it, which its daemon overwrote. */
const patched = { ...described, metadata: { foo: 'bar' } };

const one = 'http://localhost:17000/hypervisors/abcd1234-abcd-1234-abcd-1234abcd1234';
const subnet = 'c6430cba-648a-41aa-aee4-b59dacfc790d';

export interface Example {
  readonly command: string;
  readonly status: number;
  readonly body: unknown;
}

/** What the daemon had before the first of them. */
export const config = { bar: 'baz' };

export const examples: readonly Example[] = [
  {
    command: `curl -XPOST http://localhost:17000/hypervisors --data-binary '${JSON.stringify(described)}'`,
    status: 201,
    body: described,
  },
  { command: `curl ${one}`, status: 200, body: described },
  { command: `curl -XPATCH ${one} --data-binary '{"metadata":{"foo":"bar"}}'`, status: 200, body: patched },
  { command: `curl -XPATCH ${one}/config --data-binary '${JSON.stringify(config)}'`, status: 200, body: config },
  { command: `curl ${one}/config`, status: 200, body: config },
  {
    command: `curl -XPATCH ${one}/config --data-binary '{"bar":"","foobar":"asdf"}'`,
    status: 200,
    body: { foobar: 'asdf' },
  },
  {
    command: `curl -XPATCH ${one}/subnets --data-binary '{"${subnet}":"br0"}'`,
    status: 200,
    body: { [subnet]: 'br0' },
  },
  { command: `curl ${one}/subnets`, status: 200, body: { [subnet]: 'br0' } },
  { command: `curl -XDELETE ${one}/subnets/${subnet}`, status: 200, body: {} },
  { command: `curl ${one}/guests`, status: 200, body: [] },
  { command: `curl -XDELETE ${one}`, status: 200, body: patched },
];
