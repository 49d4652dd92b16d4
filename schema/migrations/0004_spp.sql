CREATE TABLE spp_processes (
  hypervisor TEXT NOT NULL,
  process INTEGER NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('primary', 'vf', 'nfv', 'mirror', 'pcap')),
  connected INTEGER NOT NULL,
  stale INTEGER NOT NULL,
  address TEXT,
  status TEXT NOT NULL CHECK (json_valid(status)),
  body TEXT NOT NULL,
  version INTEGER NOT NULL,
  since_ms INTEGER NOT NULL,
  PRIMARY KEY (hypervisor, process)
) WITHOUT ROWID;

CREATE TABLE spp_items (
  hypervisor TEXT NOT NULL,
  process INTEGER NOT NULL,
  type TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('component', 'port', 'classifier', 'patch', 'forwarding')),
  name TEXT NOT NULL,
  spec TEXT NOT NULL CHECK (json_valid(spec)),
  state TEXT NOT NULL CHECK (state IN ('set', 'refused')),
  error TEXT,
  operation INTEGER NOT NULL,
  PRIMARY KEY (hypervisor, process, kind, name)
) WITHOUT ROWID;
