import { startProcess } from '../../schema/process/process.ts';

/* A process whose start fails after it has started something that would keep it alive. */

await startProcess(async ({ log }) => {
  setInterval(() => log.warn('it lives on'), 100);
  await Promise.resolve();
  throw new Error('it fails as planned');
});
