-- Every operation, with its age and its times as text. Parents sum the progress of their parts.
CREATE VIEW v_operations AS
SELECT
  o.sequence,
  o.id,
  p.id AS parent,
  h.name AS hypervisor,
  o.kind,
  o.resource,
  o.status,
  coalesce((SELECT sum(c.done) FROM operations c WHERE c.parent = o.sequence), o.done) AS done,
  o.total,
  o.step,
  o.attempt,
  json_extract(o.error, '$.detail') AS error,
  o.principal,
  strftime('%Y-%m-%dT%H:%M:%fZ', o.created_ms / 86400000.0 + 2440587.5) AS created,
  strftime('%Y-%m-%dT%H:%M:%fZ', o.started_ms / 86400000.0 + 2440587.5) AS started,
  strftime('%Y-%m-%dT%H:%M:%fZ', o.finished_ms / 86400000.0 + 2440587.5) AS finished,
  coalesce(o.finished_ms, CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)) - o.created_ms AS age_ms
FROM operations o
LEFT JOIN operations p ON p.sequence = o.parent
LEFT JOIN hypervisors h ON h.id = o.hypervisor;
