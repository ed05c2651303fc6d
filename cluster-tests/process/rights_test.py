"""Who may call what: real nodes keep to docs/rights.md, for every method and
every role; and what a key, a page or another tenant's id is worth."""

import base64
import hashlib
import os
import signal
import subprocess
import threading
import time

import grpc

import contract
from calls import Refused
from cluster import QCCTL
from nodes import Nodes, wait_for

Code = grpc.StatusCode
ADMIN = contract.SERVICES["AdminService"]
ROLE = ADMIN.quorumcall_dot_v1_dot_principal__pb2
ORIGIN = "https://shop.example.com"
CLUSTER = None  # the tenant of who names none


def _new_key():
    return "qc_" + base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")


def _rights():
    """{(path, role): marks}, as docs/rights.md tells them."""
    lines = (contract.ROOT / "docs/rights.md").read_text().splitlines()
    rows = [line.split("|")[1:-1] for line in lines if line.startswith("|")]
    roles = [cell.strip() for cell in rows[0][1:]]
    return {
        (row[0].strip(), role): cell.split()
        for row in rows[2:]
        for role, cell in zip(roles, row[1:])
    }


class _Keyed(Nodes):
    """Nodes of a cluster in which an operator holds a key."""

    def __enter__(self):
        super().__enter__()
        self.keys = {}
        members = "ClusterService/ListMembers"
        wait_for(
            lambda: self.call_until_told(members, tenant=None).cluster_version >= 3,
            "a cluster version that knows principals",
        )
        self.put_principal(CLUSTER, "ops", ["OPERATOR", "ADMIN"])
        self.act_as("ops")
        return self

    def put_principal(self, tenant, name, roles, **fields):
        key = _new_key()
        principal = ROLE.Principal(
            key=name, roles=[ROLE.Role.Value("ROLE_" + role) for role in roles], **fields
        )
        self.call_until_told(
            "AdminService/PutPrincipal",
            tenant=tenant,
            principal=principal,
            api_key_hash=hashlib.sha256(key.encode()).digest(),
        )
        self.keys[name] = key
        return key

    def act_as(self, name, **headers):
        """From now on calls are |name|'s; None: nobody's."""
        self.headers = [("authorization", f"Bearer {self.keys[name]}")] if name else []
        self.headers += list(headers.items())


def _refusal(nodes, path, **fields):
    """The reason why it is refused; "" when it is not."""
    try:
        nodes.call(path, **fields)
    except Refused as refused:
        return refused.reason
    return ""


def _refusal_by_table(nodes, path, **fields):
    """The same; but ROLE only where it is not a field that may not be so, as an
    agent's who asks for what is not his own."""
    try:
        nodes.call(path, **fields)
    except Refused as refused:
        return "OWN_RULE" if refused.reason == "ROLE" and refused.field else refused.reason
    return ""


def _harmless(path):
    """Fields with which a call that is let in does nothing."""
    if path == "ClusterService/StepDown":
        return {"to_node_id": 999}
    return {"timeout": 0.5} if path.startswith("WatchService") else {}


def each_role_may_call_what_the_page_says_and_nothing_else():
    """Every method, by a principal of each role, of the tenant and of the cluster."""
    table = _rights()
    roles = sorted({role for _, role in table})
    with _Keyed(hundreds=1) as nodes:
        for role in roles:
            if role == "WIDGET":
                kind = {"kind": ROLE.PRINCIPAL_KIND_WIDGET, "origins": [ORIGIN]}
                nodes.put_principal("demo", role, [role], **kind)
                continue
            if role != "OPERATOR":
                nodes.put_principal("demo", role, [role])
            nodes.put_principal(CLUSTER, "of-cluster." + role, [role])
        wrong = []
        tried = 0
        for (path, role), marks in table.items():
            cases = []
            if role != "OPERATOR":
                cases.append((role, "demo", "x" in marks))
            if role != "WIDGET":
                name = "of-cluster." + role
                cases.append((name, "demo", "x" in marks or marks == ["o"]))
                if "o" in marks or not path.startswith("ClusterService"):
                    cases.append((name, CLUSTER, "o" in marks))
            for name, tenant, allowed in cases:
                nodes.act_as(name, **({"origin": ORIGIN} if role == "WIDGET" else {}))
                reason = _refusal_by_table(
                    nodes, path, tenant=tenant, **_harmless(path)
                )
                # Where a tenant must be named, that is said first.
                no_tenant = tenant is CLUSTER and reason == "TENANT_UNKNOWN"
                denied = reason == "ROLE" or no_tenant
                tried += 1
                if denied == allowed or reason in ("UNAUTHENTICATED", "CORS_ORIGIN"):
                    wrong.append(f"{path} by {name} for {tenant}: {reason or 'done'}")
        assert not wrong, "\n".join(wrong)
        assert tried > 20 * len(roles), tried


def who_is_not_known_is_told_no_more_than_that():
    """A wrong key, none, one of another tenant and a disabled one: the same answer."""
    with _Keyed(hundreds=1) as nodes:
        nodes.put_principal("demo", "ann", ["ADMIN"])
        answers = set()

        def told(path="AdminService/ListPools", **fields):
            try:
                nodes.call(path, **fields)
            except Refused as refused:
                answers.add((refused.code, refused.message, refused.reason))
                return
            raise AssertionError(f"{nodes.headers} is let in")

        nodes.act_as(None)
        told()
        nodes.headers = [("authorization", f"Bearer {_new_key()}")]
        told()
        nodes.headers = [("authorization", "Basic " + nodes.keys["ann"])]
        told()
        nodes.headers = [("authorization", "Bearer " + nodes.keys["ann"] + "x")]
        told()
        nodes.act_as("ann")
        told(tenant="nobody")
        assert not _refusal(nodes, "AdminService/ListPools")
        assert not _refusal(nodes, "AdminService/ListPools", tenant=None)
        nodes.act_as("ops")
        disabled = ROLE.Principal(
            key="ann", roles=[ROLE.ROLE_ADMIN], state=ROLE.PRINCIPAL_STATE_DISABLED
        )
        nodes.call("AdminService/PutPrincipal", principal=disabled)
        nodes.act_as("ann")
        for place in range(3):
            told(node=place)
        told("ClusterService/ListMembers")
        assert len(answers) == 1, answers
        assert answers.pop()[::2] == (Code.UNAUTHENTICATED, "UNAUTHENTICATED")


def a_key_counts_on_every_node_at_once_and_is_written_nowhere():
    """Made through one node, used through another that may lag behind."""
    with _Keyed(hundreds=1) as nodes:
        for turn in range(20):
            nodes.act_as("ops")
            nodes.put_principal("demo", f"svc{turn}", ["MONITOR"])
            nodes.act_as(f"svc{turn}")
            for place in range(3):
                assert not _refusal(nodes, "AdminService/ListPools", node=place)
        secrets = "\n".join(key[3:] for key in nodes.keys.values())
        found = subprocess.run(
            ["grep", "-rlFf", "-", str(nodes.top)],
            input=secrets.encode(),
            capture_output=True,
        )
        assert not found.stdout, found.stdout


def a_principal_that_floods_waits_and_nobody_else_does():
    """And the limit is another one after a reload."""
    limits = "api: {principal_rate_per_s: 1, principal_rate_burst: 20}\n"
    with _Keyed(hundreds=1, settings=limits) as nodes:
        for name in ("flood", "calm"):
            nodes.put_principal("demo", name, ["MONITOR"])

        def call(n):
            """Up to |n| calls of one node; (how many passed, the refusal)."""
            for passed in range(n):
                try:
                    nodes.call("AdminService/ListPools")
                except Refused as refused:
                    return passed, refused
            return n, None

        nodes.act_as("flood")
        passed, refused = call(500)
        assert passed >= 20 and refused, passed
        assert (refused.code, refused.reason) == (Code.RESOURCE_EXHAUSTED, "RATE")
        assert refused.quota == "principal" and 0 < refused.retry_s <= 1, vars(refused)
        nodes.act_as("calm")
        assert call(15) == (15, None)
        nodes.act_as("flood")
        time.sleep(refused.retry_s)
        assert call(1) == (1, None)

        config = nodes.members[0].config
        text = config.read_text()
        config.write_text(text.replace("per_s: 1,", "per_s: 0,"))
        nodes.members[0].signal(signal.SIGHUP)
        wait_for(
            lambda: 'changed="api.principal_rate_per_s"' in nodes.members[0].said(),
            "the reload",
        )
        assert call(100) == (100, None)


def neither_keys_nor_phones_are_in_a_log_at_debug():
    """Used well and badly, on every node, in every way a call may go wrong."""
    phones = [f"+44770090{i:04d}" for i in range(6)]
    with _Keyed(hundreds=1, settings="log_level: debug\n") as nodes:
        nodes.put_principal("demo", "ann", ["ADMIN", "CONNECTOR"])
        wrong = _new_key()
        for place in range(3):
            nodes.act_as("ann")
            visit, phone = nodes.allocate(place, customer_phone=phones[place])
            phones.append(visit.number)
            call = {"connector": "pbx", "dnis": visit.number, "node": place}
            ref = f"call-{phones[place]}"
            nodes.call("NumberService/MatchCall", ext_ref=ref, ani=phones[place], **call)
            _refusal(nodes, "AdminService/GetNumber", number=phones[place + 3], node=place)
            _refusal(nodes, "AdminService/GetNumber", number=phones[place] + "x", node=place)
            nodes.put_principal("demo", f"svc{place}", ["MONITOR"])
            nodes.act_as(f"svc{place}")
            _refusal(nodes, "AdminService/PutSubject", node=place)
            nodes.headers = [("authorization", f"Bearer {wrong}")]
            _refusal(nodes, "AdminService/GetNumber", number=phones[place], node=place)
        secrets = [key[3:] for key in (*nodes.keys.values(), wrong)]
        secrets += [phone.lstrip("+") for phone in phones]
        for node in nodes.members:
            said = node.said()
            assert "event=admin_call" in said, said
            for secret in secrets:
                assert secret not in said, (secret, node.name)


def a_key_that_cannot_be_printed_is_not_lost():
    """qcctl principal rotate, onto a disk that is full: the old key has ended."""
    with _Keyed(hundreds=1) as nodes:
        old = nodes.top / "ops.key"
        old.write_text(nodes.keys["ops"])
        with open("/dev/full", "wb") as full:
            rotated = subprocess.run(
                [QCCTL, "principal", "rotate", "ops", "--endpoints", nodes.nodes[0]]
                + ["--api-key-file", str(old)],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                timeout=20,
            )
        assert rotated.returncode == 1, rotated
        nodes.keys["ops"] = rotated.stderr.split()[-1]
        nodes.act_as("ops")
        assert not _refusal(nodes, "ClusterService/ListMembers", tenant=CLUSTER)


def an_operator_with_the_longest_of_names_acts_for_a_tenant():
    """Through the leader and through followers."""
    name = "o" * 64
    with _Keyed(hundreds=1) as nodes:
        nodes.put_principal(CLUSTER, name, ["OPERATOR", "ADMIN"])
        nodes.act_as(name)
        for place in range(3):
            nodes.call("AdminService/PutBranch", node=place, branch={"key": f"b{place}"})
        record = nodes.call("AdminService/GetAudit").items[-1]
        assert (record.principal, record.object) == ("/" + name, "b2"), record


class _Late:
    """A call whose headers have been sent, and whose message has not."""

    def __init__(self, nodes, path, tenant="demo", **fields):
        self.go = threading.Event()
        request = contract.request_type(path)(**fields)
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            for name, value in nodes.envelope().items():
                setattr(request, name, value)
        headers = nodes.headers + ([("x-tenant", tenant)] if tenant else [])

        def messages():
            self.go.wait(30)
            yield request.SerializeToString()

        call = nodes.channels[0].stream_unary(f"/quorumcall.v1.{path}")
        self.answer = call.future(messages(), timeout=20, metadata=headers)

    def code(self):
        """How it ends, once the message is sent."""
        self.go.set()
        return self.answer.code()


def a_key_that_was_taken_away_ends_what_was_begun_with_it():
    """Calls whose message comes late, and streams: to whoever holds the new key."""
    with _Keyed(hundreds=1) as nodes:
        nodes.put_principal("demo", "ann", ["ADMIN"])
        stolen = nodes.keys["ann"]

        def begin():
            nodes.headers = [("authorization", "Bearer " + stolen)]
            late = [
                _Late(nodes, "AdminService/ListPools"),
                _Late(nodes, "AdminService/PutBranch", branch={"key": "soho"}),
            ]
            watched = nodes.channels[0].unary_stream(
                "/quorumcall.v1.WatchService/WatchEvents"
            )(b"", metadata=nodes.headers + [("x-tenant", "demo")], timeout=20)
            next(watched)
            return late, watched

        late, watched = begin()
        assert [call.code() for call in late] == [Code.OK, Code.OK]
        watched.cancel()
        late, watched = begin()
        nodes.act_as("ops")
        operator = _Late(nodes, "ClusterService/GetStatus", tenant=CLUSTER)
        time.sleep(0.5)
        nodes.put_principal("demo", "ann", ["ADMIN"])
        nodes.put_principal(CLUSTER, "ops2", ["OPERATOR"])
        nodes.act_as("ops2")
        nodes.put_principal(CLUSTER, "ops", ["OPERATOR"])
        ends = [call.code() for call in [*late, operator]]
        assert ends == [Code.UNAUTHENTICATED] * 3, ends
        try:
            list(watched)  # heartbeats, until it ends
        except grpc.RpcError as error:
            assert error.code() == Code.UNAUTHENTICATED, error


def a_widget_is_believed_from_its_own_pages_only():
    """And it speaks for one visitor, whose address is counted."""
    with _Keyed(hundreds=1) as nodes:
        kind = {"kind": ROLE.PRINCIPAL_KIND_WIDGET, "origins": [ORIGIN]}
        nodes.put_principal("demo", "page", ["WIDGET"], **kind)
        visit = {"subject": "sales", "origin": 1}

        def ask(phone):
            return _refusal(
                nodes, "NumberService/AllocateNumber", customer_phone=phone, **visit
            )

        for headers in ({}, {"origin": "https://evil.example.com"}, {"origin": "null"}):
            nodes.act_as("page", **headers)
            assert ask("+447700900001") == "CORS_ORIGIN", headers
        nodes.act_as("page", origin=ORIGIN)
        answers = [ask(f"+4477009001{i:02d}") for i in range(6)]
        assert answers == [""] * 5 + ["IP_LIMIT"], answers


def pages_may_call_from_the_origins_of_their_tenant():
    """Whatever key they bring."""
    with _Keyed(hundreds=1) as nodes:
        nodes.put_principal("demo", "ann", ["ADMIN"])
        nodes.act_as("ann", origin=ORIGIN)
        assert _refusal(nodes, "AdminService/ListPools") == "CORS_ORIGIN"
        nodes.act_as("ann")
        nodes.call("AdminService/PutCorsOrigins", origins=["https://*.example.com"])
        nodes.act_as("ann", origin=ORIGIN)
        assert not _refusal(nodes, "AdminService/ListPools")
        nodes.act_as("ops", origin=ORIGIN)
        assert _refusal(nodes, "ClusterService/ListMembers") == "CORS_ORIGIN"


def another_tenants_ids_lead_nowhere():
    """Every read by id, and every command on one."""
    with _Keyed(hundreds=1) as nodes:
        other = nodes.top / "other.yaml"
        text = (nodes.top / "tenant.yaml").read_text()
        other.write_text(text.replace("key: demo", "key: other").replace("+1200", "+1300"))
        key = nodes.top / "ops.key"
        key.write_text(nodes.keys["ops"])
        nodes.qcctl("config", "apply", str(other), "--api-key-file", str(key))
        theirs = nodes.call(
            "NumberService/AllocateNumber",
            tenant="other",
            subject="sales",
            origin=1,
            customer_phone="+447700900001",
        )
        call = nodes.call(
            "NumberService/MatchCall",
            tenant="other",
            connector="pbx",
            ext_ref="c1",
            dnis=theirs.number,
            ani="+447700900001",
        )
        nodes.put_principal("other", "eve", ["ADMIN"])
        nodes.put_principal("demo", "ann", ["ADMIN"])
        nodes.act_as("ann")
        for path, fields in (
            ("NumberService/GetAllocation", {"allocation_id": theirs.allocation_id}),
            ("NumberService/AttachContext", {"allocation_id": theirs.allocation_id}),
            ("NumberService/RefreshAllocation", {"allocation_id": theirs.allocation_id}),
            ("NumberService/ReleaseAllocation", {"allocation_id": theirs.allocation_id}),
            ("NumberService/SubmitDigits", {"interaction_id": call.interaction_id, "digits": "1"}),
            ("RoutingService/GetInteraction", {"interaction_id": call.interaction_id}),
            (
                "RoutingService/ReportCallEvent",
                {"connector": "pbx", "ext_ref": "c1", "event": 2, "event_seq": 1},
            ),
            ("AdminService/GetNumber", {"number": theirs.number}),
            ("AdminService/GetPrincipal", {"key": "eve"}),
        ):
            try:
                answer = nodes.call(path, **fields)
            except Refused as refused:
                assert refused.code == Code.NOT_FOUND, (path, refused)
                continue
            raise AssertionError(f"{path}: {answer}")
        for path in ("AdminService/ListPools", "AdminService/GetAudit"):
            assert _refusal(nodes, path, tenant="other") == "UNAUTHENTICATED"


def what_was_done_is_told_and_whole():
    """By whom, to what; also after the leader is gone."""
    with _Keyed(hundreds=1) as nodes:
        nodes.put_principal("demo", "ann", ["ADMIN"])
        nodes.act_as("ann")
        branch = {"key": "soho"}
        nodes.call("AdminService/PutBranch", branch=branch)
        nodes.act_as("ops")
        nodes.members[nodes.leader()].kill()
        nodes.act_as("ann")
        records = nodes.call_until_told("AdminService/GetAudit").items
        assert [(r.principal, r.method, r.object) for r in records[-2:]] == [
            ("/ops", "PutPrincipal", "ann"),
            ("ann", "PutBranch", "soho"),
        ], records
        span = nodes.call_until_told("AdminService/VerifyAudit").items[0]
        assert span.records == len(records) and not span.broken_at and not span.cut_off
        nodes.act_as("ops")
        nodes.start_all()
        nodes.wait_until_equal()
