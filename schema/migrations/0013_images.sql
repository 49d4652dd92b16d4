-- oldest: 0.2.0
-- Images on hypervisors. An image's spec has the source that it was asked for from; what it is follows from the host.
CREATE TABLE images (
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
  kind TEXT NOT NULL CHECK (kind IN ('oci', 'disk')),
  digest TEXT,
  size INTEGER,
  created TEXT,
  CONSTRAINT images_name UNIQUE (hypervisor, kind, name)
);
CREATE INDEX images_fleet_name ON images (kind, name, hypervisor);

-- What uses an image.
CREATE INDEX containers_image ON containers (hypervisor, spec ->> '$.process.image')
  WHERE spec ->> '$.process.image' IS NOT NULL;
CREATE INDEX cpools_image ON cpools (hypervisor, spec ->> '$.type');
