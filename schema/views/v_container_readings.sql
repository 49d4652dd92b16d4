-- All readings of what processes of containers use, of the last hour or less.
CREATE VIEW v_container_readings AS
SELECT
  h.name AS hypervisor,
  c.name AS container,
  s.cpu_us,
  s.memory,
  s.memory_limit,
  s.processes,
  s.interfaces,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.started_ms / 86400000.0 + 2440587.5) AS started,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.at_ms / 86400000.0 + 2440587.5) AS at
FROM hypervisors h
CROSS JOIN container_stats s ON s.hypervisor = h.id
CROSS JOIN containers c ON c.id = s.container AND c.hypervisor = s.hypervisor;
