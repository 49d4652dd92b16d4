-- Of every virtual machine that runs, the last reading of what it uses; cores: between the last two.
CREATE VIEW v_domain_stats AS
SELECT
  h.name AS hypervisor,
  coalesce(d.name, f.name) AS domain,
  d.id IS NOT NULL AS managed,
  s.state,
  s.cpu_us,
  CASE WHEN s.cpu_us >= b.cpu_us THEN round((s.cpu_us - b.cpu_us) / 1000.0 / (s.at_ms - b.at_ms), 3) END AS cores,
  s.vcpus,
  s.memory ->> 0 AS memory,
  s.memory ->> 1 AS memory_maximum,
  s.memory ->> 2 AS memory_resident,
  s.memory ->> 3 AS memory_available,
  s.memory ->> 4 AS memory_unused,
  s.memory ->> 5 AS memory_usable,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.answered_ms / 86400000.0 + 2440587.5) AS answered,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.at_ms / 86400000.0 + 2440587.5) AS at
FROM hypervisors h
CROSS JOIN domain_stats s ON s.hypervisor = h.id AND s.at_ms = (
  SELECT max(l.at_ms) FROM domain_stats l WHERE l.hypervisor = h.id)
LEFT JOIN domains d ON d.id = s.domain AND d.hypervisor = s.hypervisor
LEFT JOIN foreign_domains f ON f.hypervisor = s.hypervisor AND f.uuid = s.domain
LEFT JOIN domain_stats b ON b.hypervisor = s.hypervisor AND b.domain = s.domain AND b.run = s.run
  AND b.at_ms = (SELECT max(p.at_ms) FROM domain_stats p WHERE p.hypervisor = s.hypervisor AND p.at_ms < s.at_ms)
WHERE coalesce(d.name, f.name) IS NOT NULL;
