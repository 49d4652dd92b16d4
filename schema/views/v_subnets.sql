-- Every subnet: its range, how many of its addresses are free, and its hypervisors with their interfaces.
CREATE VIEW v_subnets AS
SELECT
  s.id,
  s.cidr,
  s.gateway,
  s.first AS first_address,
  s.last AS last_address,
  s.reserved,
  s.last_offset - s.first_offset + 1 - coalesce(s.gateway_offset BETWEEN s.first_offset AND s.last_offset, 0) - s.reserved AS free,
  h.name AS hypervisor,
  i.interface,
  i.state,
  json_extract(i.error, '$.detail') AS error,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.created_ms / 86400000.0 + 2440587.5) AS created
FROM subnets s
LEFT JOIN subnet_interfaces i ON i.subnet = s.id
LEFT JOIN hypervisors h ON h.id = i.hypervisor;
