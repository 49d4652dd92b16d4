import * as v from 'valibot';

const HOST_NAME_MAX = 253;

/** Labels of a DNS name (RFC 1123, section 2.1), in lower case. */
const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';

/** The name of a virtual machine. */
export const hostNameSchema = v.pipe(
  v.string('must be a string'),
  v.maxLength(HOST_NAME_MAX, `must have at most ${HOST_NAME_MAX} characters`),
  v.regex(
    new RegExp(`^${label}(\\.${label})*$`),
    'must be a DNS name: labels of 1 to 63 lower-case letters, digits and "-"',
  ),
);
