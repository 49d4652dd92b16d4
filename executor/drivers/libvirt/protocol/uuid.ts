import { XdrError } from '../xdr/reader.ts';
import { fixedOpaque, type XdrType } from '../xdr/types.ts';

const LENGTH = 16;
const bytes = fixedOpaque(LENGTH);
const TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A UUID: 16 bytes on the wire, the text of RFC 9562 in lower case here. */
export const uuid: XdrType<string> = {
  encode(writer, value) {
    if (!TEXT.test(value)) throw new XdrError(`${JSON.stringify(value)} is not a UUID`);
    bytes.encode(writer, Buffer.from(value.replaceAll('-', ''), 'hex'));
  },
  decode(reader) {
    const digits = bytes.decode(reader).toString('hex');
    return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
      '-',
    );
  },
};
