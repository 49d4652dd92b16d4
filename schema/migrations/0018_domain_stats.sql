-- oldest: 0.2.0
-- What virtual machines use, read every 10 seconds: a row for each that ran, by its UUID in libvirt, the rows of one pass next
-- to each other. They are appended and pruned by this key, so no other index is written, and a deleted domain's rows age away.
CREATE TABLE domain_stats (
  hypervisor TEXT NOT NULL REFERENCES hypervisors (id) ON DELETE CASCADE,
  at_ms INTEGER NOT NULL,
  domain TEXT NOT NULL,
  run INTEGER NOT NULL,
  state TEXT NOT NULL,
  cpu_us INTEGER,
  vcpus INTEGER,
  answered_ms INTEGER,
  memory TEXT NOT NULL CHECK (json_valid(memory)),
  disks TEXT NOT NULL CHECK (json_valid(disks)),
  nics TEXT NOT NULL CHECK (json_valid(nics)),
  PRIMARY KEY (hypervisor, at_ms, domain)
) WITHOUT ROWID;
