-- What exists, and what it cost. Times are integer milliseconds since 1970.

CREATE TABLE team (
  name       TEXT    NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
  digest     TEXT    NOT NULL PRIMARY KEY, -- SHA-256; the token itself is nowhere
  team       TEXT    NOT NULL REFERENCES team (name),
  scope      TEXT    NOT NULL CHECK (scope IN ('admin', 'deploy', 'invoke', 'read')),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE project (
  name       TEXT    NOT NULL PRIMARY KEY,
  team       TEXT    NOT NULL REFERENCES team (name),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE deployment (
  id         TEXT    NOT NULL PRIMARY KEY,
  project    TEXT    NOT NULL REFERENCES project (name) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  mode       TEXT    NOT NULL,
  files      INTEGER NOT NULL,
  bytes      INTEGER NOT NULL,
  document   TEXT    NOT NULL -- deployment.json
) STRICT;
CREATE INDEX deployment_project ON deployment (project, created_at, id);

-- One row for each deployment that an alias points to; the weights of an alias add up to 100.
CREATE TABLE alias (
  project    TEXT    NOT NULL REFERENCES project (name) ON DELETE CASCADE,
  name       TEXT    NOT NULL,
  deployment TEXT    NOT NULL REFERENCES deployment (id) DEFERRABLE INITIALLY DEFERRED,
  weight     INTEGER NOT NULL DEFAULT 100 CHECK (weight BETWEEN 0 AND 100),
  PRIMARY KEY (project, name, deployment)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_deployment ON alias (deployment);

CREATE TABLE environment (
  project    TEXT    NOT NULL REFERENCES project (name) ON DELETE CASCADE,
  name       TEXT    NOT NULL,
  sealed     BLOB    NOT NULL, -- AES-256-GCM under the home's key, bound to project and name
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (project, name)
) STRICT, WITHOUT ROWID;

-- Loopback ports: of a project's production where deployment is null, else of that deployment.
CREATE TABLE port (
  port       INTEGER NOT NULL PRIMARY KEY CHECK (port BETWEEN 1 AND 65535),
  project    TEXT    NOT NULL REFERENCES project (name) ON DELETE CASCADE,
  deployment TEXT    REFERENCES deployment (id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX port_production ON port (project) WHERE deployment IS NULL;
CREATE UNIQUE INDEX port_deployment ON port (deployment) WHERE deployment IS NOT NULL;
CREATE INDEX port_project ON port (project);

CREATE TABLE change_log (
  revision INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  at       INTEGER NOT NULL,
  kind     TEXT    NOT NULL,
  subject  TEXT    NOT NULL,
  payload  TEXT    NOT NULL -- JSON; never a secret
) STRICT;

-- Which key this home's variables are sealed with.
CREATE TABLE sealing_key (
  id          INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  fingerprint TEXT    NOT NULL
) STRICT;

-- One row per invocation. No reference to project: records outlive what they bill.
CREATE TABLE usage (
  id            INTEGER NOT NULL PRIMARY KEY,
  project       TEXT    NOT NULL,
  deployment    TEXT    NOT NULL,
  function      TEXT    NOT NULL,
  instance      TEXT    NOT NULL,
  cause         TEXT    NOT NULL,
  started_at    INTEGER NOT NULL,
  queue_micros  INTEGER NOT NULL,
  init_micros   INTEGER NOT NULL,
  run_micros    INTEGER NOT NULL,
  billed_millis INTEGER NOT NULL,
  memory        INTEGER NOT NULL,
  memory_micros INTEGER NOT NULL,
  cpu_micros    INTEGER NOT NULL,
  cpu_source    TEXT    NOT NULL,
  bytes_in      INTEGER NOT NULL,
  bytes_out     INTEGER NOT NULL,
  outcome       TEXT    NOT NULL,
  status        INTEGER NOT NULL,
  cold          INTEGER NOT NULL
) STRICT;
CREATE INDEX usage_started ON usage (started_at);
CREATE INDEX usage_project ON usage (project, started_at);

CREATE TABLE unmetered (
  project    TEXT    NOT NULL,
  deployment TEXT    NOT NULL,
  function   TEXT    NOT NULL,
  instance   TEXT    NOT NULL,
  at         INTEGER NOT NULL,
  cpu_micros INTEGER NOT NULL
) STRICT;
CREATE INDEX unmetered_at ON unmetered (at);
CREATE INDEX unmetered_project ON unmetered (project, at);

INSERT INTO team (name, created_at) VALUES ('default', unixepoch() * 1000);
INSERT INTO change_log (at, kind, subject, payload) VALUES (unixepoch() * 1000, 'team.added', 'default', '{}');
