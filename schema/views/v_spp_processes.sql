-- Every Soft Patch Panel process that is, or was, connected.
CREATE VIEW v_spp_processes AS
SELECT
  h.name AS hypervisor,
  nullif(p.process, 0) AS client_id,
  p.type,
  CASE WHEN NOT p.connected THEN 'gone' WHEN p.stale THEN 'stale' ELSE 'connected' END AS state,
  p.address,
  strftime('%Y-%m-%dT%H:%M:%fZ', p.since_ms / 86400000.0 + 2440587.5) AS state_since,
  p.status
FROM spp_processes p
JOIN hypervisors h ON h.id = p.hypervisor;
