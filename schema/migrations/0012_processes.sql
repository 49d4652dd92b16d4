-- oldest: 0.2.0
-- What was last seen of the process of a container, as JSON; NULL: it has not had one.
ALTER TABLE containers ADD COLUMN process TEXT CHECK (process IS NULL OR json_valid(process));
CREATE INDEX containers_process ON containers (hypervisor, id) WHERE process IS NOT NULL;
