-- Of every process of a container that runs, the last reading of what it uses; cores: between the last two.
CREATE VIEW v_container_stats AS
SELECT
  h.name AS hypervisor,
  c.name AS container,
  s.cpu_us,
  CASE WHEN s.cpu_us >= b.cpu_us THEN round((s.cpu_us - b.cpu_us) / 1000.0 / (s.at_ms - b.at_ms), 3) END AS cores,
  s.memory,
  s.memory_limit,
  s.processes,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.at_ms / 86400000.0 + 2440587.5) AS at
FROM hypervisors h
CROSS JOIN container_stats s ON s.hypervisor = h.id AND s.at_ms = (
  SELECT max(l.at_ms) FROM container_stats l WHERE l.hypervisor = h.id)
CROSS JOIN containers c ON c.id = s.container AND c.hypervisor = s.hypervisor AND c.process ->> '$.running'
LEFT JOIN container_stats b ON b.hypervisor = s.hypervisor AND b.container = s.container AND b.started_ms = s.started_ms
  AND b.at_ms = (SELECT max(p.at_ms) FROM container_stats p WHERE p.hypervisor = s.hypervisor AND p.at_ms < s.at_ms);
