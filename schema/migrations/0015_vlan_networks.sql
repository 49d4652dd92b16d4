-- oldest: 0.2.0
-- VLAN networks: libvirt networks on a bridge of Open vSwitch. `id` is the UUID that libvirt knows it by; the spec has its bridge
-- and its tag; the observed columns are null while it is not on the host.
CREATE TABLE vlan_networks (
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
  autostart INTEGER,
  persistent INTEGER,
  uuid TEXT,
  CONSTRAINT vlan_networks_name UNIQUE (hypervisor, name)
);
CREATE INDEX vlan_networks_fleet_name ON vlan_networks (name, hypervisor);

-- The networks of a host's libvirt that weft did not make, as its executor last saw them. Bridge and tag are null where a network
-- has none.
CREATE TABLE foreign_networks (
  hypervisor TEXT NOT NULL,
  name TEXT NOT NULL,
  uuid TEXT NOT NULL,
  state TEXT NOT NULL,
  autostart INTEGER NOT NULL,
  persistent INTEGER NOT NULL,
  bridge TEXT,
  vlan INTEGER,
  PRIMARY KEY (hypervisor, name)
) WITHOUT ROWID;
CREATE INDEX foreign_networks_fleet_name ON foreign_networks (name, hypervisor);
