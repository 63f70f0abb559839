-- Certificates that an authority was asked for. It is named by the URL of its directory; whatever is secret is sealed with the home's key.
CREATE TABLE acme_account (
  authority  TEXT    NOT NULL PRIMARY KEY,
  sealed     BLOB    NOT NULL -- its private key
) STRICT, WITHOUT ROWID;

-- One row for each host name. No reference to a project or domain: a certificate is good for as long as it lasts, whoever has the name.
CREATE TABLE certificate (
  authority    TEXT    NOT NULL,
  name         TEXT    NOT NULL,
  holder       TEXT,                       -- the server that is about to get one
  held_until   INTEGER NOT NULL DEFAULT 0, -- later, nobody is
  order_url    TEXT,                       -- of an order that is not over
  order_sealed BLOB,                       -- the private key that it is for
  url          TEXT,                       -- of the certificate; null: there is none yet
  chain        TEXT,
  sealed       BLOB,                       -- its private key
  not_before   INTEGER,
  not_after    INTEGER,
  renew_at     INTEGER,
  failures     INTEGER NOT NULL DEFAULT 0, -- in a row
  reason       TEXT,                       -- of the last of them
  next_try     INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (authority, name)
) STRICT, WITHOUT ROWID;

-- When orders were begun, for as long as that bounds how many more may be.
CREATE TABLE certificate_order (
  authority TEXT    NOT NULL,
  at        INTEGER NOT NULL
) STRICT;
CREATE INDEX certificate_order_at ON certificate_order (authority, at);
