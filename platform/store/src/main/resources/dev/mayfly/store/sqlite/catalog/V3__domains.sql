-- Host names of projects' own. Many may claim a name; one at most has shown that it owns it.
CREATE TABLE domain (
  project     TEXT    NOT NULL REFERENCES project (name) ON DELETE CASCADE,
  name        TEXT    NOT NULL,
  token       TEXT    NOT NULL, -- what its owner is to publish; no secret
  added_at    INTEGER NOT NULL,
  verified_at INTEGER, -- null: only claimed
  PRIMARY KEY (project, name)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX domain_verified ON domain (name) WHERE verified_at IS NOT NULL;
