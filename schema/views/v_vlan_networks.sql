-- Every network of libvirt: those that weft makes, and those that it only sees.
CREATE VIEW v_vlan_networks AS
SELECT
  n.id,
  h.name AS hypervisor,
  n.name AS network,
  1 AS managed,
  n.spec ->> '$.bridge' AS bridge,
  n.spec ->> '$.vlan' AS vlan,
  n.desired,
  n.state,
  n.autostart,
  n.persistent,
  json_extract(n.error, '$.detail') AS error,
  strftime('%Y-%m-%dT%H:%M:%fZ', n.state_since_ms / 86400000.0 + 2440587.5) AS state_since,
  strftime('%Y-%m-%dT%H:%M:%fZ', n.created_ms / 86400000.0 + 2440587.5) AS created
FROM vlan_networks n
JOIN hypervisors h ON h.id = n.hypervisor
UNION ALL
SELECT f.uuid, h.name, f.name, 0, f.bridge, f.vlan, NULL, f.state, f.autostart, f.persistent, NULL, NULL, NULL
FROM foreign_networks f
JOIN hypervisors h ON h.id = f.hypervisor
WHERE NOT EXISTS (SELECT 1 FROM vlan_networks n WHERE n.hypervisor = f.hypervisor AND n.name = f.name);
