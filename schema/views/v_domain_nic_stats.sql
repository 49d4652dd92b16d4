-- Of every virtual machine that runs, the last reading of its interfaces, as the guest sees them; rates: between the last two.
CREATE VIEW v_domain_nic_stats AS
SELECT
  h.name AS hypervisor,
  coalesce(d.name, f.name) AS domain,
  i.value ->> 0 AS interface,
  i.value ->> 1 AS received_bytes,
  i.value ->> 2 AS received_packets,
  i.value ->> 3 AS received_errors,
  i.value ->> 4 AS received_dropped,
  i.value ->> 5 AS sent_bytes,
  i.value ->> 6 AS sent_packets,
  i.value ->> 7 AS sent_errors,
  i.value ->> 8 AS sent_dropped,
  CASE WHEN i.value ->> 1 >= e.value ->> 1
    THEN round(((i.value ->> 1) - (e.value ->> 1)) * 1000.0 / (s.at_ms - b.at_ms)) END AS received_per_second,
  CASE WHEN i.value ->> 5 >= e.value ->> 5
    THEN round(((i.value ->> 5) - (e.value ->> 5)) * 1000.0 / (s.at_ms - b.at_ms)) END AS sent_per_second,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.at_ms / 86400000.0 + 2440587.5) AS at
FROM hypervisors h
CROSS JOIN domain_stats s ON s.hypervisor = h.id AND s.at_ms = (
  SELECT max(l.at_ms) FROM domain_stats l WHERE l.hypervisor = h.id)
CROSS JOIN json_each(s.nics) i
LEFT JOIN domains d ON d.id = s.domain AND d.hypervisor = s.hypervisor
LEFT JOIN foreign_domains f ON f.hypervisor = s.hypervisor AND f.uuid = s.domain
LEFT JOIN domain_stats b ON b.hypervisor = s.hypervisor AND b.domain = s.domain AND b.run = s.run
  AND b.at_ms = (SELECT max(p.at_ms) FROM domain_stats p WHERE p.hypervisor = s.hypervisor AND p.at_ms < s.at_ms)
LEFT JOIN json_each(b.nics) e ON e.value ->> 0 = i.value ->> 0
WHERE coalesce(d.name, f.name) IS NOT NULL;
