-- Every IP network: its block, its gateway, and its CENs in order, of which the first one's bridge has the gateway.
CREATE VIEW v_cins AS
SELECT
  i.id,
  h.name AS hypervisor,
  i.name AS cin,
  i.desired,
  i.state,
  printf('%d.%d.%d.%d/%d', (i.first >> 24) & 255, (i.first >> 16) & 255, (i.first >> 8) & 255, i.first & 255, i.prefix) AS cidr,
  printf('%d.%d.%d.%d', ((i.first + 1) >> 24) & 255, ((i.first + 1) >> 16) & 255, ((i.first + 1) >> 8) & 255, (i.first + 1) & 255) AS gateway,
  i.spec ->> '$.made' AS wanted_made,
  coalesce(i.applied_spec ->> '$.made', 0) AS made,
  (SELECT group_concat(name, ' ') FROM (
    SELECT n.name FROM cin_cens x JOIN cens n ON n.id = x.cen
    WHERE x.cin = i.id AND x.removed IS NULL ORDER BY x.position, x.id)) AS cens,
  (SELECT count(*) FROM cin_addresses a WHERE a.cin = i.id AND a.container IS NOT NULL) AS size,
  json_extract(i.error, '$.detail') AS error,
  strftime('%Y-%m-%dT%H:%M:%fZ', i.state_since_ms / 86400000.0 + 2440587.5) AS state_since,
  strftime('%Y-%m-%dT%H:%M:%fZ', i.created_ms / 86400000.0 + 2440587.5) AS created
FROM cins i
JOIN hypervisors h ON h.id = i.hypervisor;
