import { parseArgs } from 'node:util';
import type { ImageBody } from '../schema/api/images.ts';
import { formatTable } from '../schema/database/table.ts';
import { readConfiguration } from '../schema/process/configuration.ts';
import { startFailure } from '../schema/process/process.ts';
import { LocalApi } from './image/api.ts';
import { importSource } from './image/import-source.ts';

const usage = `usage: npm run image -- pull NAME [--source SOURCE]
       npm run image -- import FILE NAME
       npm run image -- list
       npm run image -- remove NAME

The images of this machine, by the weft that runs on it (WEFT_LISTEN, WEFT_HYPERVISOR, WEFT_ADMIN_TOKEN). FILE is an OCI
layout, an archive of one, or what docker save writes, below the hypervisor's image_import_dir. SOURCE is docker://NAME,
oci:FILE[:TAG], oci-archive:FILE or docker-archive:FILE.`;

/** What follows the name of a command, and the command. */
type Command = (api: LocalApi, words: readonly string[], source: string | undefined) => Promise<void>;

const commands: Readonly<Record<string, { readonly words: number; readonly run: Command }>> = {
  pull: {
    words: 1,
    run: async (api, [name = ''], source) => pull(api, { name, ...(source === undefined ? {} : { source }) }),
  },
  import: { words: 2, run: async (api, [file = '', name = '']) => importFile(api, file, name) },
  list: { words: 0, run: list },
  remove: {
    words: 1,
    run: async (api, [name = '']) => {
      await api.request('DELETE', `/images/${encodeURIComponent(name)}`);
      console.log(`removed ${name}`);
    },
  },
};

/** `npm run image` */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { source: { type: 'string' }, help: { type: 'boolean' } },
  });
  const [name = '', ...words] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (values.help) {
    console.log(usage);
  } else if (
    command === undefined ||
    words.length !== command.words ||
    (values.source !== undefined && name !== 'pull')
  ) {
    console.error(usage);
    process.exitCode = 2;
  } else {
    await command.run(new LocalApi(readConfiguration(process.env)), words, values.source);
  }
}

/** A write that is not over in time is answered with its operation, so the image is read in any case. */
async function pull(api: LocalApi, body: { readonly name: string; readonly source?: string }): Promise<void> {
  await api.request('POST', '/images', body);
  const image = await api.request<ImageBody>('GET', `/images/${encodeURIComponent(body.name)}`);
  console.log(formatTable([rowOf(image)]));
}

async function importFile(api: LocalApi, file: string, name: string): Promise<void> {
  const config = await api.request<{ readonly image_import_dir?: string }>('GET', '/config');
  const directory = config.image_import_dir;
  await pull(api, { name, source: importSource(file, { hypervisor: api.hypervisor, directory }) });
}

async function list(api: LocalApi): Promise<void> {
  const images: ImageBody[] = [];
  for (let after = ''; ; ) {
    const page = await api.request<{ images: ImageBody[]; next?: string }>('GET', `/images${after}`);
    images.push(...page.images);
    if (page.next === undefined) break;
    after = `?after=${page.next}`;
  }
  console.log(images.length === 0 ? `${api.hypervisor} has no images` : formatTable(images.map(rowOf)));
}

function rowOf({ name, state, size, created, digest }: ImageBody): Record<string, unknown> {
  return { image: name, state, size, built: created, digest };
}

await main().catch((error: unknown) => {
  console.error(`weft: ${startFailure(error)}`);
  process.exitCode = 1;
});
