"""What must outlive the connector: its calls, and who it is to the cluster."""

import json
import os
import sqlite3
import uuid


class Journal:
    """In |directory|, which is made. One connector may have it at a time."""

    def __init__(self, directory):
        os.makedirs(directory, mode=0o700, exist_ok=True)
        path = os.path.join(directory, "calls.sqlite3")
        self.base = sqlite3.connect(path, isolation_level=None, timeout=1)
        # A crash of the process loses nothing; one of the machine ends the calls.
        self.base.execute("PRAGMA locking_mode=EXCLUSIVE")
        self.base.execute("PRAGMA journal_mode=WAL")
        self.base.execute("PRAGMA synchronous=NORMAL")
        self.base.execute(
            "CREATE TABLE IF NOT EXISTS call(ref TEXT PRIMARY KEY, body TEXT)"
        )
        self.base.execute("CREATE TABLE IF NOT EXISTS self(client_id TEXT)")
        found = self.base.execute("SELECT client_id FROM self").fetchone()
        self.client_id = found[0] if found else uuid.uuid4().hex
        if not found:
            self.base.execute("INSERT INTO self VALUES(?)", (self.client_id,))

    def calls(self):
        """All calls, as they were put."""
        rows = self.base.execute("SELECT body FROM call")
        return [json.loads(body) for (body,) in rows]

    def put(self, ref, call):
        self.base.execute("REPLACE INTO call VALUES(?, ?)", (ref, json.dumps(call)))

    def remove(self, ref):
        self.base.execute("DELETE FROM call WHERE ref = ?", (ref,))
