#!/usr/bin/python3
"""The voice connector: calls that Kamailio has, and agents that the cluster finds.

usage: connector.py FILE

FILE is its configuration (kamailio.ini); README.md beside it tells of both.
"""

import asyncio
import configparser
import hashlib
import signal
import sys
import traceback
import uuid

import sip
from call import LEG_PREFIX, OWN_PREFIX, CSEQ_AHEAD, Call
from cluster import Cluster, Refused, now_ms
from journal import Journal
from link import Link
from log import say

LEASE_MS = 30_000
WAIT_MS = 2_000  # for effects; a node that dies silently is missed so late
QUEUED_S = 60  # a call that waits is told so as often, or proxies give it up
CALLS_MAX = 10_000  # at once
CALL_ID_MAX = 128  # what the cluster takes for an ext_ref
AHEAD = 1 << 40  # number of an event, when those before it are not known
KINDS = {
    "EFFECT_KIND_VOICE_OFFER_AGENT": Call.offer,
    "EFFECT_KIND_VOICE_BRIDGE": Call.bridged,
    "EFFECT_KIND_VOICE_PLAY": Call.played,
    "EFFECT_KIND_VOICE_DISCONNECT": Call.disconnected,
    "EFFECT_KIND_VOICE_TRANSFER_EXTERNAL": Call.transferred,
    "EFFECT_KIND_QUERY_STATUS": Call.queried,
}
# What an agent may want of a call, and what is said of a consult: sessions with
# callers are begun and ended here, and not changed.
UNSUPPORTED = [
    "EFFECT_KIND_VOICE_HOLD",
    "EFFECT_KIND_VOICE_RETRIEVE",
    "EFFECT_KIND_VOICE_CONSULT",
    "EFFECT_KIND_VOICE_CONFERENCE",
]


class Switch:
    """All calls, by their Call-ID, which is the ext_ref that the cluster knows."""

    def __init__(self, settings, cluster, journal):
        self.name = settings["cluster"]["connector"]
        self.external = settings["sip"].get("external", "tel:{number}")
        self.cluster = cluster
        self.journal = journal
        host, port = address_of(settings["sip"]["listen"])
        self.here = f"{host}:{port}"
        self.uri = f"sip:{self.here};transport=tcp;lr"
        self.record_route = f"<{self.uri}>"
        kamailio = address_of(settings["sip"]["kamailio"])
        self.link = Link((host, port), kamailio, self.receive)
        self.calls = {}
        self.tasks = set()

    async def run(self):
        for kept in self.journal.calls():
            call = Call.restore(self, kept)
            self.calls[call.ref] = call
        say("up", calls=len(self.calls), listen=self.here)
        await asyncio.gather(
            self.link.run(), self._lease(), self._renew(), self._stay_queued()
        )

    def forget(self, call):
        self.calls.pop(call.ref, None)
        self.journal.remove(call.ref)

    # --- SIP

    def via(self, branch):
        return f"SIP/2.0/TCP {self.here};branch={branch}"

    def new_branch(self, prefix):
        return f"{prefix}{uuid.uuid4().hex}"

    def answer(self, request, status, reason, **headers):
        """With a tag that is the same for all of a call, also after a restart."""
        text = f"{self.cluster.client_id} {request.call_id}"
        digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
        self.link.send(request.response(status, reason, digest[:16], **headers))

    def receive(self, message):
        """All that comes from Kamailio."""
        try:
            self._receive(message)
        except Exception:  # one message must not take the others with it
            say("fault", ref=message.call_id, text=traceback.format_exc())

    def _receive(self, message):
        call = self.calls.get(message.call_id)
        if message.is_response:
            self._receive_response(call, message)
        elif message.tag("To"):
            self._receive_within(call, message)
        elif message.method == "INVITE":
            self._receive_invite(call, message)
        elif message.method == "CANCEL":
            if call and call.invite.branch == message.branch:
                self.answer(message, 200, "OK")
                call.cancelled()
            else:
                self.answer(message, 481, "Call Does Not Exist")
        elif message.method != "ACK":
            self.answer(message, 405, "Method Not Allowed")

    def _receive_invite(self, call, message):
        if call:
            if not call.arrive_again(message):
                self.answer(message, 482, "Loop Detected")
        elif len(message.call_id) > CALL_ID_MAX:
            self.answer(message, 400, "Call-ID Too Long")
        elif "100rel" in message.options("Require"):
            self.answer(message, 420, "Bad Extension", Unsupported="100rel")
        elif len(self.calls) >= CALLS_MAX:
            self.answer(message, 503, "Service Unavailable")
        else:
            self.calls[message.call_id] = call = Call(self, message)
            call.arrive()

    def _receive_response(self, call, message):
        if message.branch.startswith(OWN_PREFIX):
            return
        if not message.branch.startswith(LEG_PREFIX):
            message.pop("Via")
            self.link.send(message)
        elif message.method == "INVITE" and call:
            call.answered(message.branch, message)
        elif message.method == "INVITE" and 200 <= message.status < 300:
            self.release(message)  # of a call that is over and forgotten

    def _receive_within(self, call, message):
        """Within a dialog: passed on, without a memory of it."""
        if call and message.method == "BYE" and not call.hung_up(message):
            self.answer(message, 200, "OK")
            return
        if call and message.method == "ACK":
            call.confirmed()
        hops = int(message.first("Max-Forwards") or 70)
        if sip.uri_of(message.first("Route")) != self.uri or hops == 0:
            return
        branch = message.branch_for_forwarding()
        message.pop("Route")
        message.set("Max-Forwards", str(hops - 1))
        message.push("Via", self.via(branch))
        self.link.send(message)

    def _send_within(self, method, cseq, route, target, ends, call_id):
        headers = [("Via", self.via(self.new_branch(OWN_PREFIX)))]
        headers += [("Max-Forwards", "70"), *(("Route", one) for one in route)]
        headers += [("From", ends[0]), ("To", ends[1]), ("Call-ID", call_id)]
        headers.append(("CSeq", f"{cseq} {method}"))
        self.link.send(sip.Message(f"{method} {target} SIP/2.0", headers))

    def release(self, ok, ack=True):
        """Ends what a telephone has begun with |ok|, in the name of the caller."""
        ways = ok.all("Record-Route")
        ours = ways.index(self.record_route) if self.record_route in ways else 0
        route = ways[:ours][::-1]
        target = sip.uri_of(ok.first("Contact"))
        ends = ok.first("From"), ok.first("To")
        if ack:
            self._send_within("ACK", ok.cseq, route, target, ends, ok.call_id)
        cseq = ok.cseq + CSEQ_AHEAD
        self._send_within("BYE", cseq, route, target, ends, ok.call_id)

    def bye(self, invite, ok):
        """Ends a call for both: for the agent as its caller, and the reverse."""
        self.release(ok, ack=False)
        route = invite.all("Record-Route")
        target = sip.uri_of(invite.first("Contact"))
        ends = ok.first("To"), ok.first("From")
        self._send_within("BYE", CSEQ_AHEAD, route, target, ends, ok.call_id)

    async def _stay_queued(self):
        while True:
            await asyncio.sleep(QUEUED_S)
            for call in self.calls.values():
                call.say_queued()

    # --- effects

    async def _lease(self):
        # What was leased last, and perhaps not heard of, is asked for again.
        if now_ms() - self.journal.leased_ms > LEASE_MS:
            self.journal.count_lease(now_ms())
        while True:
            try:
                got = await self.cluster.call(
                    "EffectService/LeaseEffects",
                    request_id=f"lease.{self.journal.leases}",
                    ts_ms=self.journal.leased_ms,
                    connector=self.name,
                    kinds=[*KINDS, *UNSUPPORTED],
                    max=64,
                    lease_ms=LEASE_MS,
                    wait_ms=WAIT_MS,
                    waits_s=WAIT_MS / 1000,
                )
            except Refused as refused:
                say("lease_refused", text=refused)
                self.journal.count_lease(now_ms())
                await asyncio.sleep(5)
                continue
            for effect in got.items:
                self._do(effect)
            self.journal.count_lease(now_ms())
            for call in list(self.calls.values()):
                for effect_id in call.effects().intersection(got.cancelled):
                    call.withdrawn(effect_id)

    async def _renew(self):
        while True:
            await asyncio.sleep(1)
            for call in self.calls.values():
                call.renew()

    def _do(self, effect):
        kind = type(effect).DESCRIPTOR.fields_by_name["kind"].enum_type
        name = kind.values_by_number[effect.kind].name
        call = self.calls.get(effect.payload["ext_ref"])
        if name in UNSUPPORTED or "parent_ext_ref" in effect.payload:
            self._refuse(name, effect)
        elif call:
            KINDS[name](call, effect)
        else:
            self.disown(effect.payload["ext_ref"], effect)

    def _refuse(self, name, effect):
        """So that nobody waits for it."""
        say("unsupported", what=name, ref=effect.payload["ext_ref"])
        refusal = self.settle(effect.effect_id, effect.token, "unsupported", False)
        task = asyncio.create_task(refusal)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def disown(self, ref, effect=None):
        """A call is not here: it has ended, whatever the cluster knows."""
        task = asyncio.create_task(self._disown(ref, effect))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _disown(self, ref, effect):
        say("unknown_call", ref=ref)
        if effect:
            await self.settle(effect.effect_id, effect.token, "caller_gone", False)
        try:
            await self.cluster.call(
                "RoutingService/ReportCallEvent",
                connector=self.name,
                ext_ref=ref,
                event="CALL_EVENT_ENDED",
                event_seq=AHEAD,
                cause="unknown_call",
            )
        except Refused as refused:
            say("report_refused", ref=ref, text=refused)

    async def settle(self, effect_id, token, outcome, done=True):
        path = "EffectService/AckEffect" if done else "EffectService/NackEffect"
        fields = {"effect_id": effect_id, "token": token, "result": {"outcome": outcome}}
        try:
            await self.cluster.call(path, **fields)
        except Refused as refused:
            say("settle_refused", effect=effect_id, outcome=outcome, text=refused)

    async def renew(self, effect_id, token):
        path = "EffectService/RenewLease"
        fields = {"effect_id": effect_id, "token": token, "lease_ms": LEASE_MS}
        try:
            await self.cluster.call(path, **fields)
        except Refused as refused:
            say("renew_refused", effect=effect_id, text=refused)


def address_of(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


def key_in(path):
    if not path:
        return None
    with open(path) as file:
        return file.read().strip()


async def serve(settings):
    of = settings["cluster"]
    journal = Journal(settings["state"]["directory"])
    endpoints = [one.strip() for one in of["endpoints"].split(",")]
    cluster = Cluster(
        endpoints,
        of["tenant"],
        journal.client_id,
        key_in(of.get("api_key_file")),
        of.get("cacert"),
    )
    running = asyncio.create_task(Switch(settings, cluster, journal).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        say("down")


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    settings = configparser.ConfigParser(interpolation=None)
    with open(arguments[0]) as file:
        settings.read_file(file)
    asyncio.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
