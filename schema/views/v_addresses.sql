-- Every reserved address. SQLite integers end at 2^63: an IPv6 address is its block and the offset from its first address.
CREATE VIEW v_addresses AS
SELECT
  r.subnet,
  r.cidr,
  CASE WHEN r.cidr LIKE '%.%' THEN printf('%d.%d.%d.%d', (r.number >> 24) & 255, (r.number >> 16) & 255, (r.number >> 8) & 255, r.number & 255)
    ELSE r.cidr || ' + ' || r.offset END AS address,
  nullif(r.owner, '') AS owner,
  r.operation,
  strftime('%Y-%m-%dT%H:%M:%fZ', r.created_ms / 86400000.0 + 2440587.5) AS reserved
FROM (
  SELECT
    p.*,
    CASE WHEN p.cidr LIKE '%.%' THEN
      (p.octets ->> 0 << 24) + (p.octets ->> 1 << 16) + (p.octets ->> 2 << 8) + (p.octets ->> 3) + p.offset END AS number
  FROM (
    SELECT a.*, s.cidr, '[' || replace(substr(s.cidr, 1, instr(s.cidr, '/') - 1), '.', ',') || ']' AS octets
    FROM addresses a
    JOIN subnets s ON s.id = a.subnet
  ) p
) r;
