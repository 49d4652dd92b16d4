import { expect, it } from 'vitest';
import { example, exampleCens, waiting } from '../conformance/example.ts';
import { picture, pictureOfIproute2 } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';

it('iproute2 sees the same state of the host that the tests compare', async () => {
  const weft = await LocalWeft.start();
  await weft.request('POST', '/cen/import', example);
  expect((await weft.request('POST', '/cen/make', exampleCens, waiting)).status).toBe(200);
  const seen = picture();
  expect(seen.length).toBeGreaterThan(30);
  expect(seen).toEqual(pictureOfIproute2());
  expect(seen.filter((line) => / veth "weft:/.test(line)).length).toBeGreaterThan(20);
});
