-- oldest: 0.2.0
-- IP networks over CENs. Blocks are kept as their first and last address, so that an overlap is a comparison.
CREATE TABLE cins (
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
  first INTEGER NOT NULL CHECK (first >= 0),
  last INTEGER NOT NULL CHECK (last > first AND last <= 4294967295),
  prefix INTEGER NOT NULL,
  first_offset INTEGER NOT NULL,
  CONSTRAINT cins_name UNIQUE (hypervisor, name),
  CONSTRAINT cins_first UNIQUE (hypervisor, first)
);
CREATE INDEX cins_fleet_name ON cins (name);
CREATE INDEX cins_created ON cins (created_ms, id);

-- The CENs of a CIN, with the operations that added and removed them, as members of CENs have them.
CREATE TABLE cin_cens (
  id INTEGER PRIMARY KEY NOT NULL,
  cin TEXT NOT NULL REFERENCES cins (id) ON DELETE CASCADE,
  cen TEXT NOT NULL REFERENCES cens (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  added INTEGER NOT NULL,
  removed INTEGER
);
CREATE UNIQUE INDEX cin_cens_current ON cin_cens (cen) WHERE removed IS NULL;
CREATE INDEX cin_cens_cen ON cin_cens (cen);
CREATE INDEX cin_cens_cin ON cin_cens (cin, position);
CREATE INDEX cin_cens_added ON cin_cens (added);
CREATE INDEX cin_cens_removed ON cin_cens (removed) WHERE removed IS NOT NULL;

-- Addresses, counted from the first of the block. One without a container was released: the lowest such one is taken
-- before a new one.
CREATE TABLE cin_addresses (
  cin TEXT NOT NULL REFERENCES cins (id) ON DELETE CASCADE,
  offset INTEGER NOT NULL,
  container TEXT REFERENCES containers (id) ON DELETE SET NULL,
  PRIMARY KEY (cin, offset)
) WITHOUT ROWID;
CREATE UNIQUE INDEX cin_addresses_container ON cin_addresses (container, cin) WHERE container IS NOT NULL;
CREATE INDEX cin_addresses_free ON cin_addresses (cin, offset) WHERE container IS NULL;

-- Containers of a CIN, once for each of its CENs. A container that is inserted gets an address, unless it has one.
CREATE VIEW cin_containers (cin, container) AS
  SELECT x.cin, m.container FROM cin_cens x CROSS JOIN members m ON m.cen = x.cen;

CREATE TRIGGER cin_containers_join INSTEAD OF INSERT ON cin_containers
WHEN NOT EXISTS (SELECT 1 FROM cin_addresses WHERE container = NEW.container AND cin = NEW.cin)
BEGIN
  -- Its other index would go through all addresses of the CIN until one is free.
  UPDATE cin_addresses SET container = NEW.container
  WHERE cin = NEW.cin AND offset = (
    SELECT offset FROM cin_addresses INDEXED BY cin_addresses_free
    WHERE cin = NEW.cin AND container IS NULL ORDER BY offset LIMIT 1);
  INSERT INTO cin_addresses (cin, offset, container)
  SELECT c.id, coalesce((SELECT a.offset + 1 FROM cin_addresses a WHERE a.cin = c.id ORDER BY a.offset DESC LIMIT 1), c.first_offset),
    NEW.container
  FROM cins c
  WHERE c.id = NEW.cin
    AND NOT EXISTS (SELECT 1 FROM cin_addresses a WHERE a.container = NEW.container AND a.cin = NEW.cin);
  -- The last address of a block is its broadcast address.
  SELECT RAISE(ABORT, 'no free address in cin_addresses')
  FROM cins c CROSS JOIN cin_addresses a ON a.container = NEW.container AND a.cin = c.id
  WHERE c.id = NEW.cin AND c.first + a.offset >= c.last;
END;

CREATE TRIGGER members_join_cin AFTER INSERT ON members BEGIN
  INSERT INTO cin_containers (cin, container) SELECT cin, NEW.container FROM cin_cens WHERE cen = NEW.cen;
END;

CREATE TRIGGER members_leave_cin AFTER DELETE ON members BEGIN
  UPDATE cin_addresses SET container = NULL
  WHERE container = OLD.container AND cin IN (SELECT cin FROM cin_cens WHERE cen = OLD.cen) AND NOT EXISTS (
    SELECT 1 FROM members m CROSS JOIN cin_cens x ON x.cen = m.cen
    WHERE m.container = OLD.container AND x.cin = cin_addresses.cin);
END;

CREATE TRIGGER cin_cens_join AFTER INSERT ON cin_cens BEGIN
  INSERT INTO cin_containers (cin, container)
  SELECT NEW.cin, container FROM members WHERE cen = NEW.cen ORDER BY position, id;
END;

CREATE TRIGGER cin_cens_leave AFTER DELETE ON cin_cens BEGIN
  UPDATE cin_addresses SET container = NULL
  WHERE container IN (SELECT container FROM members WHERE cen = OLD.cen) AND cin = OLD.cin AND NOT EXISTS (
    SELECT 1 FROM members m CROSS JOIN cin_cens x ON x.cen = m.cen
    WHERE m.container = cin_addresses.container AND x.cin = OLD.cin);
END;

-- Blocks that a host uses for something else: no CIN takes one of them.
CREATE TABLE host_blocks (
  hypervisor TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  used_by TEXT NOT NULL,
  PRIMARY KEY (hypervisor, first, last)
) WITHOUT ROWID;
