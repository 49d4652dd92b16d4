import { createServer } from 'node:http';
import { openSppDriver } from '../../executor/drivers/spp/driver.ts';

/* A minimal spp-ctl: HTTP in, a command out, nothing recorded. weft is compared with it. */

const [httpPort, primaryPort, secondaryPort] = process.argv.slice(2).map(Number);
const driver = await openSppDriver({
  primary: { host: '127.0.0.1', port: primaryPort ?? 0 },
  secondary: { host: '127.0.0.1', port: secondaryPort ?? 0 },
  changed: () => undefined,
});

const server = createServer(async (request, response) => {
  const [, , kind, id = '', what] = (request.url ?? '').split('/');
  if (kind === 'processes') response.end(JSON.stringify(driver.processes().map(({ key, type }) => ({ key, type }))));
  else if (request.method === 'GET') response.end(JSON.stringify(await driver.status(Number(id))));
  else {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const { action }: { action: string } = JSON.parse(Buffer.concat(parts).toString());
    if (what === 'forward') await driver.command(Number(id), { kind: action === 'start' ? 'forward' : 'stop' });
    response.writeHead(204).end();
  }
});
server.listen(httpPort, '127.0.0.1');
process.on('SIGTERM', () => process.exit());
