"""What gRPC itself has named: health and reflection, asked by its own client."""

import threading

import grpc
from google.protobuf import descriptor_database, descriptor_pb2, descriptor_pool

import contract
from calls import Refused
from cluster import wait_until
from nodes import Nodes

Status = contract.health.HealthCheckResponse
HEALTH = "/grpc.health.v1.Health"


def _check(nodes, node, service=""):
    """The name of the status that node number |node| tells; None: of none."""
    call = nodes.channels[node].unary_unary(
        f"{HEALTH}/Check",
        contract.health.HealthCheckRequest.SerializeToString,
        Status.FromString,
    )
    try:
        answer = call(contract.health.HealthCheckRequest(service=service), timeout=5)
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error
        return None
    return Status.ServingStatus.Name(answer.status)


class _Watch:
    """What Watch has told so far, and how it ended."""

    def __init__(self, nodes, node, service=""):
        self.told = []
        self.code = None
        self.call = nodes.channels[node].unary_stream(
            f"{HEALTH}/Watch",
            contract.health.HealthCheckRequest.SerializeToString,
            Status.FromString,
        )(contract.health.HealthCheckRequest(service=service))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            for answer in self.call:
                self.told.append(Status.ServingStatus.Name(answer.status))
        except grpc.RpcError as error:
            self.code = error.code()

    def wait_for(self, status):
        wait_until(lambda: self.told[-1:] == [status], f"{status} is told")

    def told_changes_only(self):
        return all(a != b for a, b in zip(self.told, self.told[1:]))


def health_is_told_and_its_changes_are_pushed():
    """http2.md 9: Check and Watch, overall and per service."""
    with Nodes() as nodes:
        leader = nodes.leader()
        other = (leader + 1) % 3
        wait_until(lambda: _check(nodes, other) == "SERVING", "it serves")
        assert _check(nodes, other, "quorumcall.v1.NumberService") == "SERVING"
        assert _check(nodes, other, "quorumcall.v1.NoService") is None

        whole, one, none = (
            _Watch(nodes, other, service)
            for service in ("", "quorumcall.v1.NumberService", "no.Service")
        )
        whole.wait_for("SERVING")
        one.wait_for("SERVING")
        none.wait_for("SERVICE_UNKNOWN")

        # Two of three are gone: there is no leader.
        gone = [node for node in nodes.members if node is not nodes.members[other]]
        for node in gone:
            node.kill()
        wait_until(lambda: _check(nodes, other) == "NOT_SERVING", "it serves no more")
        whole.wait_for("NOT_SERVING")
        for node in gone:
            node.start()
        whole.wait_for("SERVING")
        one.wait_for("SERVING")
        assert whole.told_changes_only() and one.told == whole.told
        assert none.told == ["SERVICE_UNKNOWN"]

        # One that leaves says so, and then ends what is open.
        nodes.members[other].stop()
        wait_until(lambda: whole.code is not None, "the watch has ended")
        assert whole.told[-1] == "NOT_SERVING", whole.told
        assert whole.code == grpc.StatusCode.UNAVAILABLE, whole.code


class _Reflection:
    """One stream of questions and answers."""

    def __init__(self, nodes, version):
        self.questions = []
        self.more = threading.Condition()
        self.done = False
        self.call = nodes.channels[0].stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            contract.reflection.ServerReflectionRequest.SerializeToString,
            contract.reflection.ServerReflectionResponse.FromString,
        )(self._asked())

    def _asked(self):
        while True:
            with self.more:
                self.more.wait_for(lambda: self.questions or self.done)
                if not self.questions:
                    return
                question = self.questions.pop(0)
            yield question

    def ask(self, **question):
        with self.more:
            self.questions.append(
                contract.reflection.ServerReflectionRequest(**question)
            )
            self.more.notify()
        return next(self.call)

    def close(self):
        """Ends it well."""
        with self.more:
            self.done = True
            self.more.notify()
        assert list(self.call) == []
        assert self.call.code() == grpc.StatusCode.OK


def _learn(stream, service):
    """The service, of a pool that knows only what the node has told."""
    told = descriptor_database.DescriptorDatabase()
    answer = stream.ask(file_containing_symbol=service)
    for packed in answer.file_descriptor_response.file_descriptor_proto:
        told.Add(descriptor_pb2.FileDescriptorProto.FromString(packed))
    return descriptor_pool.DescriptorPool(told).FindServiceByName(service)


def the_schema_is_told_to_whoever_asks():
    """http2.md 9: reflection, v1 and v1alpha; a client that has nothing but
    the address learns all that it needs."""
    with Nodes() as nodes:
        for version in ("v1", "v1alpha"):
            stream = _Reflection(nodes, version)
            listed = stream.ask(list_services="").list_services_response
            names = {service.name for service in listed.service}
            assert {f"quorumcall.v1.{name}" for name in contract.SERVICES} <= names
            assert not any("peer" in name for name in names), names
            for name in sorted(names):
                assert _learn(stream, name).methods, name
            assert stream.ask(file_by_filename="none").error_response.error_code == 5
            stream.close()


def all_that_is_wrong_with_a_request_is_told_at_once():
    """operations.md 6: BadRequest has every field, QuotaFailure whose limit."""
    with Nodes(hundreds=1) as nodes:
        try:
            nodes.call("NumberService/AllocateNumber", subject="no spaces", ttl_ms=-1)
            raise AssertionError("it was let through")
        except Refused as refused:
            assert refused.code == grpc.StatusCode.INVALID_ARGUMENT
            assert refused.fields == ["subject", "customer_phone", "origin", "ttl_ms"]
        try:
            while True:
                nodes.allocate()
        except Refused as refused:
            assert refused.code == grpc.StatusCode.RESOURCE_EXHAUSTED
            assert refused.reason == "POOL_EMPTY", refused.reason
            assert refused.quota == "pool", refused.quota
