-- Every component that the API has started, and whether its process shows it.
CREATE VIEW v_spp_components AS
SELECT
  h.name AS hypervisor,
  i.process AS client_id,
  i.name AS component,
  i.spec ->> '$.core' AS core,
  i.spec ->> '$.type' AS type,
  i.state,
  i.error,
  EXISTS (
    SELECT 1 FROM spp_processes p, json_each(p.status, '$.components') c
    WHERE p.hypervisor = i.hypervisor AND p.process = i.process AND p.connected AND c.value ->> '$.name' = i.name) AS running
FROM spp_items i
JOIN hypervisors h ON h.id = i.hypervisor
WHERE i.kind = 'component';
