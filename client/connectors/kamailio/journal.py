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
        self.base.execute("PRAGMA secure_delete=ON")  # callers' numbers are in it
        self.base.execute(
            "CREATE TABLE IF NOT EXISTS call(ref TEXT PRIMARY KEY, body TEXT)"
        )
        self.base.execute(
            "CREATE TABLE IF NOT EXISTS self(client_id TEXT, leases INT, leased_ms INT)"
        )
        found = self.base.execute("SELECT * FROM self").fetchone()
        self.client_id, self.leases, self.leased_ms = found or (uuid.uuid4().hex, 0, 0)
        if not found:
            me = self.client_id, self.leases, self.leased_ms
            self.base.execute("INSERT INTO self VALUES(?, ?, ?)", me)

    def count_lease(self, now_ms):
        """Before effects are leased: whoever comes after asks for the same again."""
        self.leases += 1
        self.leased_ms = now_ms
        us = self.leases, self.leased_ms
        self.base.execute("UPDATE self SET leases = ?, leased_ms = ?", us)

    def calls(self):
        """All calls, as they were put."""
        rows = self.base.execute("SELECT body FROM call")
        return [json.loads(body) for (body,) in rows]

    def put(self, ref, call):
        self.base.execute("REPLACE INTO call VALUES(?, ?)", (ref, json.dumps(call)))

    def remove(self, ref):
        self.base.execute("DELETE FROM call WHERE ref = ?", (ref,))
