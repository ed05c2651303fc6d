"""The cluster, asked through whichever of its nodes answers."""

import asyncio
import itertools
import time

import grpc
import grpc.aio

from log import say
from quorumcall.v1 import agent_service_pb2, effect_service_pb2
from quorumcall.v1 import number_service_pb2, routing_service_pb2

TRY_S = 2.0
PAUSE_S = (0.02, 0.05, 0.1, 0.2, 0.5)  # between tries; the last for ever

_MODULES = {
    "NumberService": number_service_pb2,
    "RoutingService": routing_service_pb2,
    "AgentService": agent_service_pb2,
    "EffectService": effect_service_pb2,
}
# It was heard, and will be answered alike however often it is asked.
_FINAL = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNIMPLEMENTED,
}
_OPTIONS = [
    ("grpc.enable_retries", 0),  # the tries are ours, from node to node
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 500),
]


class Refused(Exception):
    """What was asked will not be done."""

    def __init__(self, error):
        super().__init__(f"{error.code().name}: {error.details()}")
        self.is_about_the_request = error.code() in (
            grpc.StatusCode.INVALID_ARGUMENT,
            grpc.StatusCode.NOT_FOUND,
        )


class Cluster:
    """|endpoints| are addresses; |client_id| is the same over all restarts.
    |cacert| is a file; None: cleartext."""

    def __init__(self, endpoints, tenant, client_id, key=None, cacert=None):
        self.client_id = client_id
        self.metadata = [("x-tenant", tenant)]
        if key:
            self.metadata.append(("authorization", f"Bearer {key}"))
        trust = None
        if cacert:
            with open(cacert, "rb") as file:
                trust = grpc.ssl_channel_credentials(file.read())
        self.channels = [
            grpc.aio.secure_channel(address, trust, _OPTIONS)
            if trust
            else grpc.aio.insecure_channel(address, _OPTIONS)
            for address in endpoints
        ]
        self.node = 0
        # Ids of what is not asked again after a restart differ from run to run.
        self.ids = (f"{time.time_ns():x}.{n}" for n in itertools.count(1))

    async def call(self, path, request_id=None, ts_ms=None, waits_s=0, **fields):
        """The answer; asks until there is one. Who may have to ask again after a
        restart gives |request_id| and |ts_ms|. A node may take |waits_s| longer than
        usual. Raises Refused."""
        service, method = path.split("/")
        module = _MODULES[service]
        request = getattr(module, f"{method}Request")(**fields)
        if "request_id" in request.DESCRIPTOR.fields_by_name:  # it changes something
            request.client_id = self.client_id
            request.request_id = request_id or next(self.ids)
            request.client_ts_ms = ts_ms or now_ms()
        answer = getattr(module, f"{method}Response")
        for tries in itertools.count():
            ask = self.channels[self.node].unary_unary(
                f"/quorumcall.v1.{path}",
                request_serializer=type(request).SerializeToString,
                response_deserializer=answer.FromString,
            )
            node = self.node
            try:
                timeout = TRY_S + waits_s
                return await ask(request, timeout=timeout, metadata=self.metadata)
            except grpc.aio.AioRpcError as error:
                if error.code() in _FINAL:
                    raise Refused(error) from None
                if tries % 20 == 0:
                    say("cluster_retry", rpc=path, code=error.code().name, node=node)
            if self.node == node:  # nobody else has seen it yet
                self.node = (node + 1) % len(self.channels)
            await asyncio.sleep(PAUSE_S[min(tries, len(PAUSE_S) - 1)])

    async def look(self, interaction_id):
        """The interaction as it is now. Raises Refused."""
        path = "RoutingService/GetInteraction"
        return (await self.call(path, interaction_id=interaction_id)).interaction


def now_ms():
    return time.time_ns() // 1_000_000
