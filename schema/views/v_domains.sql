-- Every virtual machine of every hypervisor; those that others have made have managed = 0, and only what was seen of them.
CREATE VIEW v_domains AS
SELECT
  d.id,
  h.name AS hypervisor,
  d.name AS domain,
  1 AS managed,
  d.desired,
  d.state,
  d.reason,
  d.spec ->> '$.power' AS power,
  CAST(d.spec ->> '$.memory' AS INTEGER) AS memory,
  CAST(d.spec ->> '$.vcpus' AS INTEGER) AS vcpus,
  d.spec ->> '$.autostart' AS autostart,
  (SELECT count(*) FROM domain_disks k WHERE k.domain = d.id) AS disks,
  (SELECT coalesce(sum(k.size), 0) FROM domain_disks k WHERE k.domain = d.id) AS disk_size,
  (SELECT json_group_array(n.network) FROM (SELECT x.network FROM domain_nics x WHERE x.domain = d.id ORDER BY x.position) n) AS networks,
  json_extract(d.error, '$.detail') AS error,
  strftime('%Y-%m-%dT%H:%M:%fZ', d.state_since_ms / 86400000.0 + 2440587.5) AS state_since,
  strftime('%Y-%m-%dT%H:%M:%fZ', d.created_ms / 86400000.0 + 2440587.5) AS created
FROM domains d
JOIN hypervisors h ON h.id = d.hypervisor
UNION ALL
SELECT f.uuid, h.name, f.name, 0, NULL, f.state, NULL, NULL, f.memory, f.vcpus, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM foreign_domains f
JOIN hypervisors h ON h.id = f.hypervisor;
