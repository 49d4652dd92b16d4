-- Every hypervisor: whether its executor is alive, its resources, and what is available of them.
CREATE VIEW v_hypervisors AS
SELECT
  r.name,
  r.id,
  coalesce(r.last_seen_ms > (julianday('now') - 2440587.5) * 86400000.0 - 30000
    AND r.last_seen_ms <= (julianday('now') - 2440587.5) * 86400000.0 + 10000, 0) AS alive,
  strftime('%Y-%m-%dT%H:%M:%fZ', r.last_seen_ms / 86400000.0 + 2440587.5) AS last_seen,
  r.boot_id,
  r.epoch,
  r.executor_version,
  r.total_memory,
  max(0, r.total_memory - r.withheld_memory - coalesce(CAST(r.config ->> '$.memory_reserve' AS INTEGER), 0) - r.reserved_memory) AS available_memory,
  r.reserved_memory,
  r.withheld_memory,
  r.total_disk,
  max(0, r.total_disk - r.withheld_disk - r.reserved_disk) AS available_disk,
  r.reserved_disk,
  r.withheld_disk,
  r.total_cpu,
  max(0, min(
    r.total_cpu - r.withheld_cpu,
    CAST(round((r.total_cpu - r.withheld_cpu) * coalesce(CAST(r.config ->> '$.cpu_overcommit' AS REAL), 4), 6) AS INTEGER) - r.reserved_cpu)) AS available_cpu,
  r.reserved_cpu,
  r.withheld_cpu,
  r.free_memory,
  r.load,
  r.held ->> '$.detail' AS held,
  r.config,
  (SELECT count(*) FROM containers c WHERE c.hypervisor = r.id) AS containers,
  (SELECT count(*) FROM cens n WHERE n.hypervisor = r.id) AS cens,
  (SELECT count(*) FROM domains d WHERE d.hypervisor = r.id) AS domains,
  strftime('%Y-%m-%dT%H:%M:%fZ', r.created_ms / 86400000.0 + 2440587.5) AS created
FROM hypervisors r;
