-- Of every process of a container that runs, the last reading of the interfaces of its container; rates: between the last two.
CREATE VIEW v_container_interfaces AS
SELECT
  h.name AS hypervisor,
  c.name AS container,
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
CROSS JOIN container_stats s ON s.hypervisor = h.id AND s.at_ms = (
  SELECT max(l.at_ms) FROM container_stats l WHERE l.hypervisor = h.id)
CROSS JOIN containers c ON c.id = s.container AND c.hypervisor = s.hypervisor AND c.process ->> '$.running'
CROSS JOIN json_each(s.interfaces) i
LEFT JOIN container_stats b ON b.hypervisor = s.hypervisor AND b.container = s.container
  AND b.at_ms = (SELECT max(p.at_ms) FROM container_stats p WHERE p.hypervisor = s.hypervisor AND p.at_ms < s.at_ms)
LEFT JOIN json_each(b.interfaces) e ON e.value ->> 0 = i.value ->> 0;
