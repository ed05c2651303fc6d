"""Foreign clients of a cluster's nodes."""

import itertools
import time
import uuid

import grpc

import contract

PHONES = (f"+447700900{i:03d}" for i in itertools.cycle(range(1000)))
PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
UNLIMITED = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.enable_retries", 0),  # one call is one try
    # A node that is back is found at once.
    ("grpc.initial_reconnect_backoff_ms", 20),
    ("grpc.min_reconnect_backoff_ms", 1000),  # how long a try may take
    ("grpc.max_reconnect_backoff_ms", 100),
]


class Refused(Exception):
    """An answer that is not OK."""

    def __init__(self, code, message, details=b""):
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.reason = self.field = self.quota = ""
        self.fields = []
        self.retry_s = None  # when to come again; None: it does not say
        for any_message in contract.status.Status.FromString(details).details:
            info = contract.error_details.ErrorInfo()
            bad = contract.error_details.BadRequest()
            quota = contract.error_details.QuotaFailure()
            retry = contract.error_details.RetryInfo()
            if any_message.Unpack(info):
                self.reason = info.reason
            if any_message.Unpack(bad):
                self.fields = [one.field for one in bad.field_violations]
                self.field = self.fields[0]
            if any_message.Unpack(retry):
                delay = retry.retry_delay
                self.retry_s = delay.seconds + delay.nanos / 1e9
            if any_message.Unpack(quota):
                self.quota = quota.violations[0].subject


class Clients:
    """One for each of |nodes|, which are addresses."""

    tenant = "demo"
    credentials = None  # of gRPC; None: cleartext

    def __init__(self):
        self.nodes = []
        self.channels = []
        self.headers = []  # beside x-tenant, of each call
        self.client_id = uuid.uuid4().hex
        self.request_ids = itertools.count(1)

    def connect(self, address):
        self.nodes.append(address)
        channel = (
            grpc.secure_channel(address, self.credentials, options=UNLIMITED)
            if self.credentials
            else grpc.insecure_channel(address, options=UNLIMITED)
        )
        # Who looks makes it connect again: a call that fails at once does not
        # stay long enough to see the connection made.
        channel.subscribe(lambda _: None, try_to_connect=True)
        self.channels.append(channel)

    def disconnect(self):
        for channel in self.channels:
            channel.close()

    def envelope(self):
        return {
            "request_id": str(next(self.request_ids)),
            "client_id": self.client_id,
            "client_ts_ms": int(time.time() * 1000),
        }

    def call_bytes(self, path, body, node=0, tenant=tenant, timeout=5):
        """One try of a call by gRPC with |body|; the bytes of the answer."""
        channel = self.channels[node % len(self.channels)]
        call = channel.unary_unary(f"/quorumcall.v1.{path}")
        metadata = self.headers + ([("x-tenant", tenant)] if tenant else [])
        try:
            return call(body, timeout=timeout, metadata=metadata)
        except grpc.RpcError as error:
            trailers = dict(error.trailing_metadata() or [])
            raise Refused(
                error.code(),
                error.details(),
                trailers.get("grpc-status-details-bin", b""),
            ) from None

    def call(self, path, node=0, timeout=5, tenant=tenant, **fields):
        """One try of a call by gRPC; the answer, or Refused."""
        request = contract.request_type(path)(**fields)
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            for name, value in self.envelope().items():
                if not getattr(request, name):
                    setattr(request, name, value)
        body = self.call_bytes(
            path, request.SerializeToString(), node, tenant, timeout
        )
        return contract.response_type(path).FromString(body)

    def call_until_told(self, path, node=0, seconds=15, **fields):
        """Calls one node after the other, with one request id, until one
        answers."""
        if "request_id" in contract.request_type(path).DESCRIPTOR.fields_by_name:
            fields = {**self.envelope(), **fields}
        give_up = time.monotonic() + seconds
        while True:
            try:
                return self.call(path, node, timeout=1, **fields)
            except Refused as refused:
                if refused.code not in PASSING or time.monotonic() > give_up:
                    raise
                node += 1
                time.sleep(0.02)

    def allocate(self, node=0, **fields):
        """A number for a new visitor; (answer, phone)."""
        phone = next(PHONES)
        fields = {"subject": "sales", "origin": 1, "customer_phone": phone, **fields}
        return (
            self.call_until_told("NumberService/AllocateNumber", node, **fields),
            phone,
        )
