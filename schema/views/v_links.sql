-- Every interface of a container in a made network: its name inside, and where its other end is.
CREATE VIEW v_links AS
SELECT
  h.name AS hypervisor,
  n.name AS cen,
  c.name AS container,
  n.link_name AS inside,
  n.wiring_type,
  CASE n.wiring_type WHEN 'bridge' THEN m.outside END AS outside,
  CASE n.wiring_type WHEN 'bridge' THEN n.link_name END AS bridge,
  CASE n.wiring_type WHEN 'wire' THEN (
    SELECT o.name FROM members p JOIN containers o ON o.id = p.container
    WHERE p.cen = n.id AND p.removed IS NULL AND p.id <> m.id) END AS other_container
FROM members m
JOIN cens n ON n.id = m.cen
JOIN containers c ON c.id = m.container
JOIN hypervisors h ON h.id = n.hypervisor
WHERE m.removed IS NULL AND n.wiring_type IS NOT NULL;
