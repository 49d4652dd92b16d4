const BLOCK = 512;

/** An entry as a header says it, whether it makes sense or not. */
export interface MadeEntry {
  readonly name: string | Buffer;
  /** `0` by default, a file. */
  readonly type?: string;
  readonly content?: string | Buffer;
  /** What the header says; the length of the content by default. */
  readonly size?: number;
  readonly linkName?: string;
  readonly mode?: number;
  readonly device?: readonly [number, number];
  /** Of an extended header before it. */
  readonly pax?: Readonly<Record<string, string>>;
  readonly magic?: string;
}

/** A tar archive with exactly these entries. */
export function makeTar(...entries: readonly MadeEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(entryBlocks), Buffer.alloc(2 * BLOCK)]);
}

export function entryBlocks(entry: MadeEntry): Buffer[] {
  const content = Buffer.from(entry.content ?? '');
  const records = Object.entries(entry.pax ?? {}).map(([keyword, value]) => paxRecord(keyword, value));
  const pax = records.length === 0 ? [] : entryBlocks({ name: 'pax', type: 'x', content: records.join('') });
  return [...pax, header(entry, content.length), padded(content)];
}

function paxRecord(keyword: string, value: string): string {
  const rest = ` ${keyword}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (`${length}`.length + Buffer.byteLength(rest) !== length) length = `${length}`.length + Buffer.byteLength(rest);
  return `${length}${rest}`;
}

function header(entry: MadeEntry, contentLength: number): Buffer {
  const { name, type = '0', linkName = '', mode = 0o644, device = [0, 0], magic = 'ustar\u000000' } = entry;
  const block = Buffer.alloc(BLOCK);
  Buffer.from(name).copy(block, 0, 0, 100);
  writeOctal(block, 100, 8, mode);
  writeOctal(block, 108, 8, 0);
  writeOctal(block, 116, 8, 0);
  writeOctal(block, 124, 12, entry.size ?? contentLength);
  writeOctal(block, 136, 12, 0);
  block.write(type, 156, 'latin1');
  block.write(linkName, 157, 100, 'utf8');
  block.write(magic, 257, 'latin1');
  if (magic !== '') for (const [index, number] of device.entries()) writeOctal(block, 329 + 8 * index, 8, number);
  return sealed(block);
}

/** With the check sum of what is in the block. */
export function sealed(block: Buffer): Buffer {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function writeOctal(block: Buffer, start: number, length: number, value: number): void {
  block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, start, 'latin1');
}

function padded(content: Buffer): Buffer {
  const padding = (BLOCK - (content.length % BLOCK)) % BLOCK;
  return Buffer.concat([content, Buffer.alloc(padding)]);
}
