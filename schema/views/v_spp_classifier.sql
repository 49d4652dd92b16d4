-- Every entry that the API has put into a classifier table.
CREATE VIEW v_spp_classifier AS
SELECT
  h.name AS hypervisor,
  i.process AS client_id,
  i.spec ->> '$.mac' AS mac_address,
  i.spec ->> '$.vlanId' AS vlan_id,
  i.spec ->> '$.port' AS port,
  i.state,
  i.error
FROM spp_items i
JOIN hypervisors h ON h.id = i.hypervisor
WHERE i.kind = 'classifier';
