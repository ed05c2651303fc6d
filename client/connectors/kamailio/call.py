"""A call: what the network and the cluster say of it, and what is done about it.

The network is obeyed at once: nothing here waits for anything. What the cluster
is to be told of it stands in line, and is told in that order (Line), for an
election may take longer than a caller's patience.

    NEW --matched--> WAITING --agent and cluster agree--> TALKING --> OVER
"""

import asyncio
import time
import traceback

import sip
from cluster import Refused, now_ms
from log import say
from quorumcall.v1 import interaction_pb2 as proto

NEW, WAITING, TALKING, OVER = "NEW", "WAITING", "TALKING", "OVER"

# Of a leg, which is one telephone that is asked.
RINGING = "RINGING"
ANSWERED = "ANSWERED"  # its 200 is kept back until the cluster has agreed
ACCEPTED = "ACCEPTED"  # and now VOICE_BRIDGE must come
CONNECTED = "CONNECTED"
DECLINED = "DECLINED"  # the cluster does not know yet
STOPPING = "STOPPING"  # CANCEL is on its way
GONE = "GONE"
FAILED = "FAILED"  # it was the agent's, and could not be connected

LEG_PREFIX = "z9hG4bK-leg-"
OWN_PREFIX = "z9hG4bK-own-"
STOPPING_S = 40  # longer than any answer to an INVITE is repeated
RENEW_S = 10
CSEQ_AHEAD = 1_000_000  # above all that the other side of a dialog has used
LEGS_MAX = 16  # that are remembered, if they are over

WITH_AGENT = (proto.INTERACTION_STATE_CONNECTED, proto.INTERACTION_STATE_HELD)

# What a caller is told who is not connected.
STATUS = {
    "busy": (486, "Busy Here"),
    "closed": (480, "Temporarily Unavailable"),
    "code_failed": (403, "Forbidden"),
    "": (480, "Temporarily Unavailable"),
}


class Leg:
    """A telephone that is asked, and the effect that asks for it."""

    def __init__(self, **fields):
        self.branch = ""
        self.offer_id = ""  # "": VOICE_BRIDGE asks, for the desk has accepted
        self.agent = ""
        self.uri = ""
        self.state = RINGING
        self.effect_id = ""
        self.token = 0  # 0: the effect is settled
        self.asked_ms = 0
        self.at_desk = False  # accepted there: connect when it is picked up
        self.ok = ""
        self.__dict__.update(fields)
        self.renew_at = time.monotonic() + RENEW_S

    def to_json(self):
        return {name: v for name, v in self.__dict__.items() if name != "renew_at"}

    def answer(self):
        return sip.Message.from_bytes(self.ok.encode("latin-1"))


class Call:
    """|switch| has the link, the cluster and the journal."""

    def __init__(self, switch, invite, **fields):
        self.switch = switch
        self.invite = invite
        self.ref = invite.call_id
        self.state = NEW
        self.interaction = ""
        self.prompt = ""
        self.seq = 0
        self.untold = []  # events, oldest first
        self.legs = []
        self.bridge = None  # VOICE_BRIDGE, until the caller has confirmed
        self.__dict__.update(fields)
        self.line = asyncio.Queue()
        self.task = asyncio.create_task(self._talk())

    # --- as it is kept

    def save(self):
        self.switch.journal.put(
            self.ref,
            {
                "invite": self.invite.to_bytes().decode("latin-1"),
                "state": self.state,
                "interaction": self.interaction,
                "prompt": self.prompt,
                "seq": self.seq,
                "untold": self.untold,
                "legs": [leg.to_json() for leg in self.legs],
                "bridge": self.bridge,
            },
        )

    @classmethod
    def restore(cls, switch, kept):
        invite = sip.Message.from_bytes(kept.pop("invite").encode("latin-1"))
        kept["legs"] = [Leg(**leg) for leg in kept["legs"]]
        call = cls(switch, invite, **kept)
        if call.state == NEW:
            call.line.put_nowait(call._match())
        for event in call.untold:
            call.line.put_nowait(call._report(event))
        for leg in call.legs:
            if leg.state == ANSWERED:
                call.line.put_nowait(call._accept(leg))
            elif leg.state == DECLINED:
                call.line.put_nowait(call._reject(leg))
            elif leg.state == STOPPING:
                call._drop_later(leg)
        return call

    # --- what is told to the cluster, one after the other

    async def _talk(self):
        try:
            while not self._is_done():
                await (await self.line.get())
        except Exception:
            # Of this call nothing is known any more; the others go on.
            say("fault", ref=self.ref, text=traceback.format_exc())
            self.end(500, "Server Internal Error")
            self.switch.disown(self.ref)
        self.switch.forget(self)

    def _is_done(self):
        live = [leg for leg in self.legs if leg.state not in (GONE, FAILED)]
        return self.state == OVER and not live and not self.untold and self.line.empty()

    def _nudge(self):
        """Lets it be seen that it may be over."""

        async def nothing():
            pass

        self.line.put_nowait(nothing())

    def happened(self, event, by="", cause=""):
        self.seq += 1
        entry = {"event": event, "seq": self.seq, "by": by, "cause": cause[:64]}
        self.untold.append(entry)
        self.save()
        self.line.put_nowait(self._report(entry))

    async def _report(self, entry):
        try:
            await self.switch.cluster.call(
                "RoutingService/ReportCallEvent",
                connector=self.switch.name,
                ext_ref=self.ref,
                event=f"CALL_EVENT_{entry['event']}",
                event_seq=entry["seq"],
                by=entry["by"],
                cause=entry["cause"],
            )
        except Refused as refused:
            say("report_refused", ref=self.ref, what=entry["event"], text=refused)
        self.untold.remove(entry)
        self.save()

    def settle(self, effect_id, token, outcome, done=True):
        """Says what came of an effect."""
        if token:
            self.line.put_nowait(self.switch.settle(effect_id, token, outcome, done))

    def _settle_leg(self, leg, outcome):
        if leg.token:
            say("rings_no_more", ref=self.ref, agent=leg.agent, outcome=outcome)
            self.settle(leg.effect_id, leg.token, outcome)
            leg.token = 0

    # --- the caller

    @property
    def waits(self):
        """Nobody has answered yet. What the cluster wants done may come before its
        answer to MatchCall."""
        return self.state in (NEW, WAITING)

    def arrive(self):
        self.save()  # before Kamailio hears that it is here
        self.respond(100, "Trying")
        self.line.put_nowait(self._match())

    def arrive_again(self, invite):
        """Kamailio has not heard the 100. Gives whether it is that, and no call
        that has come by two ways."""
        if not self.waits or invite.all("Via")[1:] != self.invite.all("Via")[1:]:
            return False
        self.invite = invite
        self.save()
        self.respond(100, "Trying")
        self.say_queued()
        return True

    async def _match(self):
        dnis = sip.user_of(self.invite.uri)
        ani = self._caller_number()
        call = self.switch.cluster.call
        fields = {"dnis": dnis, "ext_ref": self.ref, "connector": self.switch.name}
        try:
            try:
                got = await call("NumberService/MatchCall", ani=ani, **fields)
            except Refused:
                if not ani:
                    raise
                got = await call("NumberService/MatchCall", **fields)
        except Refused as refused:
            say("match_refused", ref=self.ref, text=refused)
            if refused.is_about_the_request:
                self.end(404, "Not Found")
            else:
                self.end(503, "Service Unavailable")
            return
        self.interaction = got.interaction_id
        say("matched", ref=self.ref, interaction=got.interaction_id)
        if self.state != NEW:
            return  # hung up meanwhile
        self.state = WAITING
        if not got.prompts:
            self.happened("RINGING")
            self.say_queued()
        for prompt in got.prompts:
            self._obey(prompt)

    def _caller_number(self):
        for header in ("P-Asserted-Identity", "From"):
            user = sip.user_of(sip.uri_of(self.invite.first(header)))
            if user.lstrip("+").isdigit():
                return user
        return ""

    def _obey(self, prompt):
        """What MatchCall wants done at once."""
        action = prompt.action
        if action == proto.PROMPT_ACTION_PLAY:
            self.prompt = prompt.name
        elif action == proto.PROMPT_ACTION_TRANSFER_EXTERNAL:
            self.send_out(prompt.number)
        elif action == proto.PROMPT_ACTION_DISCONNECT:
            self.end(*STATUS.get(self.prompt, STATUS[""]))
        elif self.state == WAITING:
            # A code is wanted, and there is no voice here to ask for it.
            self.end(480, "Temporarily Unavailable")
            self.happened("ENDED", "connector", "no_media")

    def respond(self, status, reason, **headers):
        self.switch.answer(self.invite, status, reason, **headers)

    def say_queued(self):
        if self.state == WAITING:
            self.respond(182, "Queued")

    def cancelled(self):
        """By the caller, who may have been too late for that."""
        if self.waits:
            self.end(487, "Request Terminated")
            self.happened("CALLER_HUNG_UP", "caller")

    def end(self, status, reason, **headers):
        """Of a call that nobody has answered."""
        if self.waits:
            self.respond(status, reason, **headers)
            self._over()

    def send_out(self, number):
        uri = self.switch.external.format(number=number)
        self.end(302, "Moved Temporarily", Contact=f"<{uri}>")

    def _over(self):
        self.state = OVER
        for leg in self.legs:
            self._let_go(leg, "caller_gone")
        self.save()
        self._nudge()

    # --- telephones

    def _leg_of(self, **wanted):
        for leg in reversed(self.legs):
            if all(getattr(leg, name) == value for name, value in wanted.items()):
                return leg
        return None

    def ring(self, effect, at_desk=False):
        payload = effect.payload
        uri = sip.uri_of(payload["contact"])
        leg = Leg(
            branch=self.switch.new_branch(LEG_PREFIX),
            offer_id=payload["offer_id"],
            agent=payload["agent"],
            uri=uri,
            effect_id=effect.effect_id,
            token=effect.token,
            asked_ms=now_ms(),
            at_desk=at_desk,
        )
        over = [one for one in self.legs if one.state in (GONE, FAILED)]
        if len(over) >= LEGS_MAX:
            self.legs.remove(over[0])
        self.legs.append(leg)
        self.interaction = payload["interaction_id"]
        if not uri.lower().startswith(("sip:", "sips:")):
            say("no_contact", agent=leg.agent)
            self._declined(leg, "no_contact")
            return
        self.save()  # before it rings: it must be known that it does
        say("ringing", ref=self.ref, offer=leg.offer_id, agent=leg.agent)
        self.switch.link.send(self._invite_for(leg))

    def _invite_for(self, leg):
        invite = self.invite.copy()
        invite.start = f"INVITE {leg.uri} SIP/2.0"
        invite.push("Record-Route", self.switch.record_route)
        invite.push("Via", self.switch.via(leg.branch))
        invite.set("Max-Forwards", str(int(invite.first("Max-Forwards") or 70) - 1))
        invite.set("X-Quorumcall-Interaction", self.interaction)
        # Nobody here would send PRACK, for what a telephone rings is not passed on.
        invite.withdraw_option("100rel")
        return invite

    def answered(self, branch, response):
        """What a telephone says to its INVITE."""
        leg = self._leg_of(branch=branch)
        if response.status < 200:
            if leg and leg.state == RINGING and response.status == 180 and self.waits:
                self.respond(180, "Ringing")
        elif response.status >= 300:
            self._negative(leg, response)
        elif leg is None or leg.state in (STOPPING, DECLINED, GONE, FAILED):
            self.switch.release(response)
            if leg and leg.state == STOPPING:
                leg.state = GONE
                self.save()
                self._nudge()
        elif leg.state == RINGING:
            leg.state = ANSWERED
            leg.ok = response.to_bytes().decode("latin-1")
            self.save()
            if leg.at_desk:
                self._connect(leg)
            else:
                self.line.put_nowait(self._accept(leg))
        elif leg.state == CONNECTED:
            self._pass_ok(leg)  # the caller has not confirmed it yet

    def _negative(self, leg, response):
        if leg is None:
            return
        ack = self._invite_for(leg).same_transaction("ACK")
        ack.set("To", response.first("To"))
        self.switch.link.send(ack)
        if leg.state == RINGING:
            self._declined(leg, str(response.status))
        elif leg.state == STOPPING:
            leg.state = GONE
            self.save()
            self._nudge()

    def _declined(self, leg, outcome):
        leg.state = DECLINED
        self.save()
        if leg.at_desk:
            self._failed(leg, outcome)
        else:
            self.line.put_nowait(self._reject(leg))
        self._settle_leg(leg, outcome)

    def _failed(self, leg, cause):
        """The agent has it, and cannot be connected."""
        leg.state = FAILED
        self.happened("FAILED", "agent", cause)
        if self.bridge:
            self.settle(*self.bridge, cause, done=False)
            self.bridge = None

    async def _reject(self, leg):
        try:
            await self.switch.cluster.call(
                "AgentService/RejectOffer",
                request_id=f"{leg.offer_id}.reject",
                ts_ms=leg.asked_ms,
                offer_id=leg.offer_id,
            )
        except Refused as refused:
            say("reject_refused", offer=leg.offer_id, text=refused)
        leg.state = GONE
        self.save()

    async def _accept(self, leg):
        accepted = True
        try:
            await self.switch.cluster.call(
                "AgentService/AcceptOffer",
                request_id=f"{leg.offer_id}.accept",
                ts_ms=leg.asked_ms,
                offer_id=leg.offer_id,
            )
        except Refused as refused:
            accepted = await self._has_it(leg.agent)
            say("accept_refused", offer=leg.offer_id, desk=accepted, text=refused)
        if leg.state == ANSWERED and accepted:
            leg.state = ACCEPTED
            self._settle_leg(leg, "answered")
            self.save()
        elif leg.state == ANSWERED:
            self._let_go(leg, "too_late")
            self.save()
        elif leg.state == GONE and accepted and self.waits:
            self._failed(leg, "agent_hung_up")

    async def _has_it(self, agent):
        """Whether the agent has taken it at the desk."""
        try:
            got = await self.switch.cluster.look(self.interaction)
        except Refused:
            return False
        return got.agent == agent and got.state in WITH_AGENT

    def _let_go(self, leg, outcome):
        """It is not to be had any more."""
        if leg.state == RINGING:
            cancel = self._invite_for(leg).same_transaction("CANCEL")
            self.switch.link.send(cancel)
            leg.state = STOPPING
            self._drop_later(leg)
        elif leg.state in (ANSWERED, ACCEPTED):
            self.switch.release(leg.answer())
            leg.state = GONE
        elif leg.state == CONNECTED:
            leg.state = GONE
        self._settle_leg(leg, outcome)

    def _drop_later(self, leg):
        def drop():
            leg.state = GONE
            self._nudge()

        asyncio.get_running_loop().call_later(STOPPING_S, drop)

    # --- caller and agent together

    def _connect(self, leg):
        leg.state = CONNECTED
        self.state = TALKING
        self._settle_leg(leg, "answered")
        self.happened("ANSWERED", "agent")
        self._pass_ok(leg)
        say("connected", ref=self.ref, interaction=self.interaction, agent=leg.agent)

    def _pass_ok(self, leg):
        ok = leg.answer()
        ok.pop("Via")
        self.switch.link.send(ok)

    def confirmed(self):
        """The caller has sent ACK."""
        if self.bridge and self.state == TALKING:
            self.settle(*self.bridge, "connected")
            self.bridge = None
            self.save()

    def hung_up(self, message):
        """BYE. Gives whether it is to be passed on."""
        caller = self.invite.tag("From")
        ends = {message.tag("From"), message.tag("To")}
        for leg in self.legs:
            if leg.state not in (ANSWERED, ACCEPTED, CONNECTED):
                continue
            if ends != {caller, leg.answer().tag("To")}:
                continue
            if leg.state == CONNECTED:
                by_caller = message.tag("From") == caller
                self.happened("ENDED", "caller" if by_caller else "agent")
                self.confirmed()
                self._over()
                return True
            was_accepted = leg.state == ACCEPTED
            leg.state = GONE
            self._settle_leg(leg, "agent_hung_up")
            self.save()
            if was_accepted:
                self._failed(leg, "agent_hung_up")
            return False
        return True

    def hang_up(self):
        """Both of them."""
        leg = self._leg_of(state=CONNECTED)
        if leg:
            self.switch.bye(self.invite, leg.answer())
        self._over()

    # --- what the cluster wants

    def offer(self, effect):
        """VOICE_OFFER_AGENT, perhaps not for the first time."""
        leg = self._leg_of(offer_id=effect.payload["offer_id"])
        if leg:
            leg.effect_id, leg.token = effect.effect_id, effect.token
            leg.renew_at = time.monotonic() + RENEW_S
            if leg.state not in (RINGING, ANSWERED):
                self._settle_leg(leg, "over")
        elif self.state == TALKING:
            # Passed on by its agent: that wants a new session with the caller.
            say("transfer_unsupported", ref=self.ref)
            self.settle(effect.effect_id, effect.token, "unsupported", done=False)
            self.hang_up()
            self.happened("ENDED", "connector", "transfer_unsupported")
        elif self.waits:
            self.ring(effect)
        else:
            self.settle(effect.effect_id, effect.token, "caller_gone", done=False)

    def effects(self):
        """Those that are not settled."""
        found = {leg.effect_id for leg in self.legs if leg.token}
        return found | {self.bridge[0]} if self.bridge else found

    def withdrawn(self, effect_id):
        """What was asked for with this effect is not wanted any more."""
        leg = self._leg_of(effect_id=effect_id)
        if self.bridge and self.bridge[0] == effect_id:
            self.settle(*self.bridge, "withdrawn")
            self.bridge = None
            leg = self._leg_of(at_desk=True, state=RINGING)
        elif leg and leg.at_desk and leg.offer_id:
            self._settle_leg(leg, "at_desk")  # and it rings on
            leg = None
        if leg and leg.state == RINGING:
            self._let_go(leg, "withdrawn")
        elif leg and leg.state != ANSWERED:  # which is being accepted, or not
            self._settle_leg(leg, "withdrawn")
        self.save()

    def bridged(self, effect):
        """VOICE_BRIDGE: the agent has it."""
        leg = self._leg_of(agent=effect.payload["agent"])
        if self.state == TALKING:
            self.settle(effect.effect_id, effect.token, "connected")
        elif not self.waits:
            self.settle(effect.effect_id, effect.token, "caller_gone", done=False)
        elif leg and leg.state in (ANSWERED, ACCEPTED):
            self.bridge = [effect.effect_id, effect.token]
            self._connect(leg)
        elif leg and leg.state == RINGING:
            leg.at_desk = True
            self.bridge = [effect.effect_id, effect.token]
            self.save()
        elif leg and leg.state == FAILED:
            self.settle(effect.effect_id, effect.token, "agent_gone", done=False)
        else:
            self.ring(effect, at_desk=True)

    def played(self, effect):
        """VOICE_PLAY: there is no voice here; it says why the call ends."""
        self.prompt = effect.payload["prompt"]
        self.save()
        self.settle(effect.effect_id, effect.token, "not_played")

    def disconnected(self, effect):
        """VOICE_DISCONNECT."""
        if self.state == TALKING:
            self.hang_up()
        self.end(*STATUS.get(self.prompt, STATUS[""]))
        self.settle(effect.effect_id, effect.token, "ended")

    def transferred(self, effect):
        """VOICE_TRANSFER_EXTERNAL."""
        if self.state == TALKING:
            self.settle(effect.effect_id, effect.token, "unsupported", done=False)
        else:
            self.send_out(effect.payload["number"])
            self.settle(effect.effect_id, effect.token, "sent")

    def queried(self, effect):
        """QUERY_STATUS: who knows nothing of it has heard nothing for hours."""
        outcome = "ended" if self.state == OVER else "live"
        self.settle(effect.effect_id, effect.token, outcome)

    def renew(self):
        """The lease of what still rings."""
        for leg in self.legs:
            is_due = leg.renew_at < time.monotonic()
            if leg.state == RINGING and leg.token and is_due:
                leg.renew_at = time.monotonic() + RENEW_S
                self.line.put_nowait(self.switch.renew(leg.effect_id, leg.token))
