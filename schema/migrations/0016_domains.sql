-- oldest: 0.2.0
-- Virtual machines. A domain's id is its UUID in libvirt, and its spec has what is wanted of it: memory in MB, vcpus, autostart, power.
CREATE TABLE domains (
  id TEXT PRIMARY KEY NOT NULL,
  hypervisor TEXT NOT NULL,
  name TEXT NOT NULL,
  spec TEXT NOT NULL CHECK (json_valid(spec)),
  applied_spec TEXT,
  generation INTEGER NOT NULL,
  desired TEXT NOT NULL CHECK (desired IN ('present', 'absent')),
  state TEXT NOT NULL,
  state_since_ms INTEGER NOT NULL,
  error TEXT,
  created_ms INTEGER NOT NULL,
  reason TEXT,
  CONSTRAINT domains_name UNIQUE (hypervisor, name)
);
CREATE INDEX domains_fleet_name ON domains (name, hypervisor);
CREATE INDEX domains_created ON domains (hypervisor, created_ms, id);

-- Its disks, in GB, and the serial numbers that the guest sees.
CREATE TABLE domain_disks (
  domain TEXT NOT NULL REFERENCES domains (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  size INTEGER NOT NULL CHECK (size >= 1),
  serial TEXT NOT NULL,
  PRIMARY KEY (domain, position)
) WITHOUT ROWID;

-- Its interfaces, each in a network of libvirt's on the same hypervisor.
CREATE TABLE domain_nics (
  domain TEXT NOT NULL REFERENCES domains (id) ON DELETE CASCADE,
  hypervisor TEXT NOT NULL,
  position INTEGER NOT NULL,
  network TEXT NOT NULL,
  mac TEXT NOT NULL,
  PRIMARY KEY (domain, position),
  CONSTRAINT domain_nics_mac UNIQUE (mac)
) WITHOUT ROWID;
CREATE INDEX domain_nics_network ON domain_nics (hypervisor, network);

-- Domains on hypervisors that others have made.
CREATE TABLE foreign_domains (
  hypervisor TEXT NOT NULL REFERENCES hypervisors (id) ON DELETE CASCADE,
  uuid TEXT NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  memory INTEGER NOT NULL,
  vcpus INTEGER NOT NULL,
  PRIMARY KEY (hypervisor, uuid)
) WITHOUT ROWID;
CREATE INDEX foreign_domains_name ON foreign_domains (hypervisor, name);
CREATE INDEX foreign_domains_fleet_name ON foreign_domains (name, hypervisor);
