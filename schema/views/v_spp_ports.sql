-- Every port that the API has given to a process, or attached to a component of one.
CREATE VIEW v_spp_ports AS
SELECT
  h.name AS hypervisor,
  nullif(i.process, 0) AS client_id,
  i.spec ->> '$.port' AS port,
  i.spec ->> '$.component' AS component,
  i.spec ->> '$.direction' AS direction,
  i.spec ->> '$.vlan.operation' AS vlan,
  i.spec ->> '$.vlan.id' AS vlan_id,
  i.spec ->> '$.vlan.priority' AS vlan_priority,
  i.state,
  i.error
FROM spp_items i
JOIN hypervisors h ON h.id = i.hypervisor
WHERE i.kind = 'port';
