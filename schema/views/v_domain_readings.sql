-- All readings of what virtual machines use, of the last hour or less.
CREATE VIEW v_domain_readings AS
SELECT
  h.name AS hypervisor,
  coalesce(d.name, f.name) AS domain,
  s.run,
  s.state,
  s.cpu_us,
  s.vcpus,
  s.memory ->> 0 AS memory,
  s.memory ->> 2 AS memory_resident,
  s.disks,
  s.nics,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.answered_ms / 86400000.0 + 2440587.5) AS answered,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.at_ms / 86400000.0 + 2440587.5) AS at
FROM hypervisors h
CROSS JOIN domain_stats s ON s.hypervisor = h.id
LEFT JOIN domains d ON d.id = s.domain AND d.hypervisor = s.hypervisor
LEFT JOIN foreign_domains f ON f.hypervisor = s.hypervisor AND f.uuid = s.domain
WHERE coalesce(d.name, f.name) IS NOT NULL;
