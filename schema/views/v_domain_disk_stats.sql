-- Of every virtual machine that runs, the last reading of its disks; rates: between the last two that its process answered.
CREATE VIEW v_domain_disk_stats AS
SELECT
  h.name AS hypervisor,
  coalesce(d.name, f.name) AS domain,
  i.value ->> 0 AS disk,
  i.value ->> 1 AS read_requests,
  i.value ->> 2 AS read_bytes,
  i.value ->> 3 AS written_requests,
  i.value ->> 4 AS written_bytes,
  i.value ->> 5 AS flushes,
  i.value ->> 6 AS capacity,
  i.value ->> 7 AS physical,
  CASE WHEN i.value ->> 2 >= e.value ->> 2
    THEN round(((i.value ->> 2) - (e.value ->> 2)) * 1000.0 / (s.answered_ms - b.answered_ms)) END AS read_per_second,
  CASE WHEN i.value ->> 4 >= e.value ->> 4
    THEN round(((i.value ->> 4) - (e.value ->> 4)) * 1000.0 / (s.answered_ms - b.answered_ms)) END AS written_per_second,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.answered_ms / 86400000.0 + 2440587.5) AS answered
FROM hypervisors h
CROSS JOIN domain_stats s ON s.hypervisor = h.id AND s.at_ms = (
  SELECT max(l.at_ms) FROM domain_stats l WHERE l.hypervisor = h.id)
CROSS JOIN json_each(s.disks) i
LEFT JOIN domains d ON d.id = s.domain AND d.hypervisor = s.hypervisor
LEFT JOIN foreign_domains f ON f.hypervisor = s.hypervisor AND f.uuid = s.domain
LEFT JOIN domain_stats b ON b.hypervisor = s.hypervisor AND b.domain = s.domain AND b.run = s.run
  AND b.at_ms = (SELECT max(p.at_ms) FROM domain_stats p WHERE p.hypervisor = s.hypervisor AND p.at_ms < s.at_ms)
  AND b.answered_ms < s.answered_ms - 1000
LEFT JOIN json_each(b.disks) e ON e.value ->> 0 = i.value ->> 0
WHERE coalesce(d.name, f.name) IS NOT NULL;
