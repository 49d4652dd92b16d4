-- oldest: 0.2.0
CREATE INDEX hypervisors_created ON hypervisors (created_ms, id);
CREATE INDEX subnets_created ON subnets (created_ms, id);
CREATE INDEX subnet_interfaces_created ON subnet_interfaces (hypervisor, created_ms, subnet);
CREATE INDEX spp_processes_fleet ON spp_processes (process, hypervisor);

-- An operation is written three times, and most of them succeed: what that costs is in docs/performance.md.
CREATE INDEX operations_kind ON operations (kind);
CREATE INDEX operations_unfinished ON operations (status) WHERE status = 'pending' OR status = 'running';
CREATE INDEX operations_unsuccessful ON operations (status) WHERE status = 'failed' OR status = 'cancelled';

-- How many addresses of a subnet are taken, and which: each run of neighbours is one row. Triggers keep both.
ALTER TABLE subnets ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0);

CREATE TABLE address_runs (
  subnet TEXT NOT NULL,
  first INTEGER NOT NULL CHECK (first >= 0),
  last INTEGER NOT NULL CHECK (last >= first),
  PRIMARY KEY (subnet, first)
) WITHOUT ROWID;

UPDATE subnets SET reserved = (SELECT count(*) FROM addresses a WHERE a.subnet = subnets.id);

INSERT INTO address_runs (subnet, first, last)
SELECT subnet, min(offset), max(offset)
FROM (SELECT subnet, offset, offset - row_number() OVER (PARTITION BY subnet ORDER BY offset) AS run FROM addresses)
GROUP BY subnet, run;

CREATE TRIGGER addresses_taken AFTER INSERT ON addresses BEGIN
  UPDATE subnets SET reserved = reserved + 1 WHERE id = NEW.subnet;
  -- The run that ends before it goes on to it, and to the end of the one that begins behind it.
  UPDATE address_runs
  SET last = coalesce((SELECT r.last FROM address_runs r WHERE r.subnet = NEW.subnet AND r.first = NEW.offset + 1), NEW.offset)
  WHERE subnet = NEW.subnet AND last = NEW.offset - 1
    AND first = (SELECT max(r.first) FROM address_runs r WHERE r.subnet = NEW.subnet AND r.first < NEW.offset);
  INSERT INTO address_runs (subnet, first, last)
  SELECT NEW.subnet, NEW.offset,
    coalesce((SELECT r.last FROM address_runs r WHERE r.subnet = NEW.subnet AND r.first = NEW.offset + 1), NEW.offset)
  WHERE NOT EXISTS (
    SELECT 1 FROM address_runs r
    WHERE r.subnet = NEW.subnet AND r.last >= NEW.offset
      AND r.first = (SELECT max(x.first) FROM address_runs x WHERE x.subnet = NEW.subnet AND x.first < NEW.offset));
  DELETE FROM address_runs WHERE subnet = NEW.subnet AND first = NEW.offset + 1;
END;

CREATE TRIGGER addresses_free AFTER DELETE ON addresses BEGIN
  UPDATE subnets SET reserved = reserved - 1 WHERE id = OLD.subnet;
  -- What is left behind it is a run of its own.
  INSERT INTO address_runs (subnet, first, last)
  SELECT OLD.subnet, OLD.offset + 1, r.last FROM address_runs r
  WHERE r.subnet = OLD.subnet AND r.last > OLD.offset
    AND r.first = (SELECT max(x.first) FROM address_runs x WHERE x.subnet = OLD.subnet AND x.first <= OLD.offset);
  DELETE FROM address_runs WHERE subnet = OLD.subnet AND first = OLD.offset;
  UPDATE address_runs SET last = OLD.offset - 1
  WHERE subnet = OLD.subnet AND last >= OLD.offset
    AND first = (SELECT max(r.first) FROM address_runs r WHERE r.subnet = OLD.subnet AND r.first < OLD.offset);
END;

-- Offsets count from the first address of the block: another one moves them all.
CREATE TRIGGER subnets_moved AFTER UPDATE OF cidr ON subnets
WHEN substr(OLD.cidr, 1, instr(OLD.cidr, '/')) IS NOT substr(NEW.cidr, 1, instr(NEW.cidr, '/')) BEGIN
  DELETE FROM address_runs WHERE subnet = NEW.id;
  INSERT INTO address_runs (subnet, first, last)
  SELECT NEW.id, min(offset), max(offset)
  FROM (SELECT offset, offset - row_number() OVER (ORDER BY offset) AS run FROM addresses WHERE subnet = NEW.id)
  GROUP BY run;
END;

-- What a hypervisor has promised, kept by whatever writes promises.
ALTER TABLE hypervisors ADD COLUMN reserved_memory INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hypervisors ADD COLUMN reserved_disk INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hypervisors ADD COLUMN reserved_cpu INTEGER NOT NULL DEFAULT 0;

UPDATE hypervisors SET
  reserved_memory = (SELECT coalesce(sum(r.memory), 0) FROM reservations r WHERE r.hypervisor = hypervisors.id),
  reserved_disk = (SELECT coalesce(sum(r.disk), 0) FROM reservations r WHERE r.hypervisor = hypervisors.id),
  reserved_cpu = (SELECT coalesce(sum(r.cpu), 0) FROM reservations r WHERE r.hypervisor = hypervisors.id);

CREATE TRIGGER reservations_made AFTER INSERT ON reservations BEGIN
  UPDATE hypervisors
  SET reserved_memory = reserved_memory + NEW.memory, reserved_disk = reserved_disk + NEW.disk, reserved_cpu = reserved_cpu + NEW.cpu
  WHERE id = NEW.hypervisor;
END;

CREATE TRIGGER reservations_changed AFTER UPDATE ON reservations BEGIN
  UPDATE hypervisors
  SET reserved_memory = reserved_memory - OLD.memory, reserved_disk = reserved_disk - OLD.disk, reserved_cpu = reserved_cpu - OLD.cpu
  WHERE id = OLD.hypervisor;
  UPDATE hypervisors
  SET reserved_memory = reserved_memory + NEW.memory, reserved_disk = reserved_disk + NEW.disk, reserved_cpu = reserved_cpu + NEW.cpu
  WHERE id = NEW.hypervisor;
END;

CREATE TRIGGER reservations_gone AFTER DELETE ON reservations BEGIN
  UPDATE hypervisors
  SET reserved_memory = reserved_memory - OLD.memory, reserved_disk = reserved_disk - OLD.disk, reserved_cpu = reserved_cpu - OLD.cpu
  WHERE id = OLD.hypervisor;
END;
