"""The desks of agents: they say what became of a call, and are ready again."""

import threading
import time

from calls import Refused

READY, NOT_READY = 3, 2  # PresenceState
OFFERED, ACW = 1, 3  # WorkPhase
HEARTBEAT_S = 15


class Desks(threading.Thread):
    """Of all |agents|. One in |limits| (agent: condition) is made ready again
    only as long as its condition holds; those in |accepting| take an offer at the
    desk, and then pick up the telephone."""

    def __init__(self, nodes, agents, limits, accepting):
        super().__init__(daemon=True)
        self.nodes = nodes
        self.accepting = accepting
        self.accepted = 0
        self.limits = limits
        self.sessions = {agent: self._login(agent) for agent in agents}
        self.disposed = set()
        self.over = threading.Event()
        self.failure = None

    def _login(self, agent):
        got = self.nodes.call_until_told("AgentService/Login", agent=agent, ready=True)
        return got.session_id

    def run(self):
        beat = 0
        try:
            while not self.over.wait(0.1):
                if time.monotonic() > beat + HEARTBEAT_S:
                    beat = time.monotonic()
                    for session in self.sessions.values():
                        self._say("Heartbeat", session_id=session)
                for presence in self._presences():
                    self._look(presence)
        except Exception as error:  # the test has failed, whatever it is
            self.failure = error

    def stop(self):
        self.over.set()
        self.join(30)
        assert self.failure is None, f"desks: {self.failure!r}"

    def _say(self, method, **fields):
        """Gives whether it was in time."""
        try:
            self.nodes.call_until_told(f"AgentService/{method}", **fields)
            return True
        except Refused as refused:
            if refused.reason != "BAD_STATE":
                raise
            return False

    def _presences(self):
        return self.nodes.call_until_told("AgentService/ListPresences").items

    def _look(self, presence):
        session = self.sessions[presence.agent]
        for work in presence.work:
            if work.phase == OFFERED and presence.agent in self.accepting:
                which = {"offer_id": work.offer_id, "session_id": session}
                self.accepted += self._say("AcceptOffer", **which)
            if work.phase == ACW:
                which = {"interaction_id": work.interaction_id, "session_id": session}
                self._say("SetDisposition", code="resolved", **which)
                self.disposed.add(work.interaction_id)
        if presence.state == NOT_READY:
            if self.limits.get(presence.agent, lambda: True)():
                self._say("SetReady", session_id=session)
