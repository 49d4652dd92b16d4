-- Objects on a host that bear this database's label and have no row.
CREATE VIEW v_orphans AS
SELECT
  h.name AS hypervisor,
  o.kind,
  nullif(o.place, '') AS namespace,
  o.name,
  o.label,
  o.scans,
  strftime('%Y-%m-%dT%H:%M:%fZ', o.first_seen_ms / 86400000.0 + 2440587.5) AS first_seen,
  h.held ->> '$.detail' AS held
FROM orphans o
JOIN hypervisors h ON h.id = o.hypervisor;
