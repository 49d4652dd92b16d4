-- Every container, its pool, its CENs, and its process.
CREATE VIEW v_containers AS
SELECT
  c.id,
  h.name AS hypervisor,
  c.name AS container,
  c.desired,
  c.state,
  coalesce(c.applied_spec ->> '$.namespace', 0) AS namespace,
  c.spec ->> '$.tag' AS tag,
  k.name AS cpool,
  (SELECT group_concat(name, ' ') FROM (
    SELECT n.name FROM members m JOIN cens n ON n.id = m.cen
    WHERE m.container = c.id AND m.removed IS NULL ORDER BY m.ordinal)) AS cens,
  c.spec ->> '$.process.image' AS image,
  c.spec ->> '$.process.wanted' AS wanted,
  c.spec ->> '$.process.restart' AS restart,
  c.process ->> '$.exit_code' AS exit_code,
  c.process ->> '$.restarts' AS restarts,
  strftime('%Y-%m-%dT%H:%M:%fZ', (c.process ->> '$.started') / 86400000.0 + 2440587.5) AS started,
  strftime('%Y-%m-%dT%H:%M:%fZ', (c.process ->> '$.finished') / 86400000.0 + 2440587.5) AS finished,
  json_extract(c.error, '$.detail') AS error,
  strftime('%Y-%m-%dT%H:%M:%fZ', c.state_since_ms / 86400000.0 + 2440587.5) AS state_since,
  strftime('%Y-%m-%dT%H:%M:%fZ', c.created_ms / 86400000.0 + 2440587.5) AS created
FROM containers c
JOIN hypervisors h ON h.id = c.hypervisor
LEFT JOIN cpools k ON k.id = c.pool;
