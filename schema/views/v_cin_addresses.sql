-- Every address of a container, and the CENs of its CIN that the container is in: its interface in the first of them
-- that is made has the address. One that has left keeps it until the host has let it go, without a CEN.
CREATE VIEW v_cin_addresses AS
SELECT
  h.name AS hypervisor,
  i.name AS cin,
  c.name AS container,
  printf('%d.%d.%d.%d', ((i.first + a.offset) >> 24) & 255, ((i.first + a.offset) >> 16) & 255, ((i.first + a.offset) >> 8) & 255,
    (i.first + a.offset) & 255) AS address,
  i.prefix,
  (SELECT group_concat(name, ' ') FROM (
    SELECT n.name FROM members m JOIN cin_cens x ON x.cen = m.cen JOIN cens n ON n.id = m.cen
    WHERE m.container = a.container AND m.removed IS NULL AND x.cin = a.cin AND x.removed IS NULL
    ORDER BY x.position, x.id)) AS cens,
  coalesce(i.applied_spec ->> '$.made', 0) AS made
FROM cin_addresses a
JOIN cins i ON i.id = a.cin
JOIN containers c ON c.id = a.container
JOIN hypervisors h ON h.id = i.hypervisor;
