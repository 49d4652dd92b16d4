-- oldest: 0.2.0
CREATE INDEX hypervisors_created ON hypervisors (created_ms, id);
CREATE INDEX subnets_created ON subnets (created_ms, id);
CREATE INDEX subnet_interfaces_created ON subnet_interfaces (hypervisor, created_ms, subnet);
CREATE INDEX spp_processes_fleet ON spp_processes (process, hypervisor);

-- An operation is written three times, and most of them succeed: what that costs is in docs/performance.md.
CREATE INDEX operations_kind ON operations (kind);
CREATE INDEX operations_unfinished ON operations (status) WHERE status = 'pending' OR status = 'running';
CREATE INDEX operations_unsuccessful ON operations (status) WHERE status = 'failed' OR status = 'cancelled';
