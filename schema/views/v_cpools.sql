-- Every pool: how many containers it is to have and has, and the networks that they are in.
CREATE VIEW v_cpools AS
SELECT
  k.id,
  h.name AS hypervisor,
  k.name AS cpool,
  k.desired,
  k.state,
  k.spec ->> '$.type' AS type,
  k.spec ->> '$.start_with' AS wanted_size,
  (SELECT count(*) FROM containers c WHERE c.pool = k.id AND c.desired = 'present') AS size,
  (SELECT group_concat(name, ' ') FROM (
    SELECT n.name FROM json_each(k.spec, '$.cens') e JOIN cens n ON n.id = e.value ORDER BY e.key)) AS cens,
  k.spec ->> '$.default_route' AS default_route,
  json_extract(k.error, '$.detail') AS error,
  strftime('%Y-%m-%dT%H:%M:%fZ', k.state_since_ms / 86400000.0 + 2440587.5) AS state_since,
  strftime('%Y-%m-%dT%H:%M:%fZ', k.created_ms / 86400000.0 + 2440587.5) AS created
FROM cpools k
JOIN hypervisors h ON h.id = k.hypervisor;
