-- Weights are any small whole numbers now, and whether clients stay with a deployment is the alias's own.
CREATE TABLE alias_name (
  project TEXT NOT NULL REFERENCES project (name) ON DELETE CASCADE,
  name    TEXT NOT NULL,
  sticky  TEXT NOT NULL DEFAULT 'none',
  PRIMARY KEY (project, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE alias_share (
  project    TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  deployment TEXT    NOT NULL REFERENCES deployment (id) DEFERRABLE INITIALLY DEFERRED,
  weight     INTEGER NOT NULL CHECK (weight BETWEEN 1 AND 1000),
  PRIMARY KEY (project, name, deployment),
  FOREIGN KEY (project, name) REFERENCES alias_name (project, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_share_deployment ON alias_share (deployment);

INSERT INTO alias_name (project, name) SELECT DISTINCT project, name FROM alias;
INSERT INTO alias_share (project, name, deployment, weight) SELECT project, name, deployment, 1 FROM alias;
DROP TABLE alias;

-- What each alias pointed to since when.
CREATE TABLE alias_move (
  revision INTEGER NOT NULL PRIMARY KEY, -- in the change log
  project  TEXT    NOT NULL REFERENCES project (name) ON DELETE CASCADE,
  name     TEXT    NOT NULL,
  at       INTEGER NOT NULL,
  cause    TEXT    NOT NULL,
  shares   TEXT    NOT NULL -- 'ID=WEIGHT ID=WEIGHT', oldest deployment first; empty: the alias was removed
) STRICT;
CREATE INDEX alias_move_alias ON alias_move (project, name, revision);

INSERT INTO alias_move (revision, project, name, at, cause, shares)
SELECT revision, subject, 'production', at, 'deploy', json_extract(payload, '$.deployment') || '=1'
FROM change_log
WHERE kind = 'deployment.added' AND json_extract(payload, '$.production')
  AND EXISTS (SELECT 1 FROM deployment WHERE id = json_extract(payload, '$.deployment') AND project = subject);
