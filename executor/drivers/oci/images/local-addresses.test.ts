import { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import { refuseLocal } from './local-addresses.ts';
import { parseImageName } from './names.ts';

const own = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ family, internal }) => family === 'IPv4' && !internal)
  .map(({ address }) => [`${address}:5000/x`]);

it.each([['localhost/x'], ['127.0.0.1:5000/x'], ['127.9.9.9/x'], ['0.0.0.0:80/x'], ['169.254.169.254/latest'], ...own])(
  'a registry at %s is refused, with its address',
  async (name) => {
    await expect(refuseLocal(parseImageName(name), 'pull it')).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(
        /^pull it: the registry \S+ is [\d:.]+, an address of this host or a link-local one$/,
      ),
    });
  },
);

it.each(['192.0.2.1:5000/x', '10.99.99.99/x'])('a registry at %s is not', async (name) => {
  await expect(refuseLocal(parseImageName(name), 'pull it')).resolves.toBeUndefined();
});
