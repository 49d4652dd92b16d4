-- Every patch that the API has made between two ports.
CREATE VIEW v_spp_patches AS
SELECT
  h.name AS hypervisor,
  nullif(i.process, 0) AS client_id,
  i.spec ->> '$.source' AS source,
  i.spec ->> '$.destination' AS destination,
  i.state,
  i.error,
  EXISTS (
    SELECT 1 FROM spp_items f
    WHERE f.hypervisor = i.hypervisor AND f.process = i.process AND f.kind = 'forwarding') AS forwarding
FROM spp_items i
JOIN hypervisors h ON h.id = i.hypervisor
WHERE i.kind = 'patch';
