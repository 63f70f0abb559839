-- How the instance that an invocation waited for was started; empty where it waited for none, and in records made before.
ALTER TABLE usage ADD COLUMN rung TEXT NOT NULL DEFAULT '';
ALTER TABLE usage ADD COLUMN why TEXT NOT NULL DEFAULT '';
ALTER TABLE usage ADD COLUMN steps TEXT NOT NULL DEFAULT ''; -- JSON: pairs of a step and its microseconds, in order
ALTER TABLE usage ADD COLUMN imports TEXT NOT NULL DEFAULT ''; -- JSON: pairs of a module and its microseconds, slowest first
CREATE INDEX usage_cold ON usage (project, started_at) WHERE cold = 1;

-- Memory of what the platform keeps running so that starts are fast: one row per hour, role, owner and measure.
CREATE TABLE platform_memory (
  hour        INTEGER NOT NULL, -- when it began
  role        TEXT    NOT NULL,
  whose       TEXT    NOT NULL,
  measure     TEXT    NOT NULL,
  micros      INTEGER NOT NULL,
  byte_micros REAL    NOT NULL,
  peak_bytes  INTEGER NOT NULL,
  PRIMARY KEY (hour, role, whose, measure)
) STRICT, WITHOUT ROWID;
