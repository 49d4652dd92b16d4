-- Every image: what it is, and where it was asked for from.
CREATE VIEW v_images AS
SELECT
  i.id,
  h.name AS hypervisor,
  i.kind,
  i.name AS image,
  i.desired,
  i.state,
  i.spec ->> '$.source' AS source,
  i.digest,
  i.size,
  i.created AS built,
  (SELECT count(*) FROM containers c
    WHERE c.hypervisor = i.hypervisor AND c.spec ->> '$.process.image' = i.name AND c.desired = 'present') AS containers,
  json_extract(i.error, '$.detail') AS error,
  strftime('%Y-%m-%dT%H:%M:%fZ', i.state_since_ms / 86400000.0 + 2440587.5) AS state_since,
  strftime('%Y-%m-%dT%H:%M:%fZ', i.created_ms / 86400000.0 + 2440587.5) AS created
FROM images i
JOIN hypervisors h ON h.id = i.hypervisor;
