-- What functions printed. In a file of its own, so that a flood of lines never delays a control write.

CREATE TABLE line (
  cursor     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  at         INTEGER NOT NULL,
  project    TEXT    NOT NULL,
  deployment TEXT    NOT NULL,
  function   TEXT    NOT NULL,
  instance   TEXT    NOT NULL,
  invocation INTEGER,
  stream     TEXT    NOT NULL,
  level      INTEGER NOT NULL,
  text       TEXT    NOT NULL
) STRICT;
CREATE INDEX line_project ON line (project); -- and, as in every index, the cursor
CREATE INDEX line_invocation ON line (invocation) WHERE invocation IS NOT NULL;
