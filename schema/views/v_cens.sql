-- Every Ethernet network, its wiring on the host, and its containers.
CREATE VIEW v_cens AS
SELECT
  n.id,
  h.name AS hypervisor,
  n.name AS cen,
  n.desired,
  n.state,
  n.wiring_type,
  CASE n.wiring_type WHEN 'bridge' THEN n.link_name END AS bridge,
  n.spec ->> '$.made' AS wanted_made,
  coalesce(n.applied_spec ->> '$.made', 0) AS made,
  (SELECT count(*) FROM members m WHERE m.cen = n.id AND m.removed IS NULL) AS size,
  (SELECT group_concat(name, ' ') FROM (
    SELECT c.name FROM members m JOIN containers c ON c.id = m.container
    WHERE m.cen = n.id AND m.removed IS NULL ORDER BY m.position)) AS containers,
  json_extract(n.error, '$.detail') AS error,
  strftime('%Y-%m-%dT%H:%M:%fZ', n.state_since_ms / 86400000.0 + 2440587.5) AS state_since,
  strftime('%Y-%m-%dT%H:%M:%fZ', n.created_ms / 86400000.0 + 2440587.5) AS created
FROM cens n
JOIN hypervisors h ON h.id = n.hypervisor;
