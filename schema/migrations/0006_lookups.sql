-- oldest: 0.2.0
CREATE INDEX members_cen ON members (cen, position);
CREATE INDEX cens_fleet_name ON cens (name);
CREATE INDEX containers_fleet_name ON containers (name);
CREATE INDEX operations_open_parts ON operations (parent) WHERE parent IS NOT NULL AND status IN ('pending', 'running');
