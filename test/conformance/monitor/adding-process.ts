import { openEmbedded } from '../../../schema/database/embedded.ts';
import { CinRows } from '../../support/cin-rows.ts';

/*
 * Adds a container to a CIN for each message, its name, and answers when it began to. It is a process of its own, which
 * the server is not told of: `node adding-process.ts FILE HYPERVISOR CIN`.
 */

const [file = '', hypervisor = '', cin = ''] = process.argv.slice(2);
const database = openEmbedded(file);
const rows = new CinRows(database, hypervisor, cin);
process.on('message', async (name: string) => {
  const began = process.hrtime.bigint();
  await rows.add([name]);
  process.send?.(String(began));
});
process.once('disconnect', () => database.close());
process.send?.('ready');
