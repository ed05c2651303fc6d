"""Systems whose leader is killed, and writers that see what it costs: all by
grpc-python, the same writer for each system."""

import itertools
import threading
import time

import grpc

from systems import Broken, Etcd, Quorumcall

import contract  # from the process tests, as systems.py found them
from cluster import wait_until

WRITERS = 8
TRY = 0.1  # seconds; then the next node is asked
PAUSE = 0.003  # between two tries, and between two writes
KEYS = 1000  # of each writer
VALUE_SIZE = 100
OPTIONS = [
    ("grpc.use_local_subchannel_pool", 1),  # a connection for each writer and node
    ("grpc.enable_retries", 0),
    ("grpc.initial_reconnect_backoff_ms", 20),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 100),
]
AGAIN = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)


class Failing:
    """What a system of three must say of itself beside what a System does."""

    metadata = ()
    path = None  # of a write
    read_path = None

    def address(self, place):
        raise NotImplementedError

    def leader(self):
        """Its place."""
        places = [self.address(place) for place in range(3)]
        return places.index(self.where())

    def kill(self, place):
        raise NotImplementedError

    def start_again(self, place):
        raise NotImplementedError

    def write_body(self, key, value, request_id):
        raise NotImplementedError

    def read_body(self, key):
        raise NotImplementedError

    def value_in(self, answer):
        """What a read has found; b"" when there is nothing."""
        raise NotImplementedError

    def answers(self, place):
        """Whether a linearizable read by that node is answered."""
        with grpc.insecure_channel(self.address(place), options=OPTIONS) as channel:
            try:
                self.read(channel, self.read_body("writer0-0000000"))
            except grpc.RpcError as error:
                return error.code() == grpc.StatusCode.NOT_FOUND
        return True

    def read(self, channel, body, timeout=1):
        call = channel.unary_unary(self.read_path)
        return call(body, timeout=timeout, metadata=self.metadata)


def _field(tag, value):
    assert len(value) < 128
    return bytes([tag << 3 | 2, len(value)]) + value


class FailingEtcd(Failing, Etcd):
    """With the timers that performance.md's baseline of a failover was taken with."""

    name = "etcd, 20/200 ms"
    OPTIONS = ("--heartbeat-interval", "20", "--election-timeout", "200")
    path = "/etcdserverpb.KV/Put"
    read_path = "/etcdserverpb.KV/Range"

    def address(self, place):
        return self.addresses[place]

    def kill(self, place):
        self.processes[place].kill()
        self.processes[place].wait()

    def start_again(self, place):
        self.start_node(place)

    def write_body(self, key, value, request_id):
        del request_id  # it has none: what is tried again may be done again
        return _field(1, key.encode()) + _field(2, value.encode())

    def read_body(self, key):
        return _field(1, key.encode())

    def value_in(self, answer):
        """RangeResponse.kvs (2), KeyValue.value (5), the last of its fields here."""
        return _last_field(_last_field(answer, 2), 5)


def _varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return number, at


def _last_field(data, wanted):
    """The bytes of the last field of that number; only what etcd writes."""
    found, at = b"", 0
    while at < len(data):
        tag, at = _varint(data, at)
        size, at = _varint(data, at)
        if tag & 7 == 2:
            if tag >> 3 == wanted:
                found = data[at : at + size]
            at += size
    return found


class FailingQuorumcall(Failing, Quorumcall):
    metadata = (("x-tenant", "bench"),)
    path = "/quorumcall.v1.AdminService/PutBranch"
    read_path = "/quorumcall.v1.AdminService/GetBranch"
    _PUT = "AdminService/PutBranch"
    _GET = "AdminService/GetBranch"

    def address(self, place):
        return self.nodes.members[place].address

    def kill(self, place):
        self.nodes.members[place].kill()

    def start_again(self, place):
        self.nodes.members[place].start()

    def write_body(self, key, value, request_id):
        request = contract.request_type(self._PUT)(
            request_id=request_id, client_id="failing",
            client_ts_ms=int(time.time() * 1000),
        )
        request.branch.key = key
        request.branch.name = value
        return request.SerializeToString()

    def read_body(self, key):
        return contract.request_type(self._GET)(key=key).SerializeToString()

    def value_in(self, answer):
        found = contract.response_type(self._GET).FromString(answer)
        return found.branch.name.encode()


class Writer(threading.Thread):
    """Writes one key after the other, each until it is told, and keeps when."""

    def __init__(self, system, number, numbers):
        super().__init__(daemon=True)
        self.system = system
        self.numbers = numbers
        self.key = f"writer{number}-{{:07}}".format
        self.place = number
        self.stopping = threading.Event()
        self.told = []  # when
        self.held = {}  # by key, what was acknowledged last
        self.failure = None
        self.channels = [
            grpc.insecure_channel(system.address(place), options=OPTIONS)
            for place in range(3)
        ]
        self.calls = [c.unary_unary(system.path) for c in self.channels]

    def run(self):
        try:
            for n in itertools.count():
                if self.stopping.is_set():
                    break
                self._write(self.key(n % KEYS), str(next(self.numbers)))
                time.sleep(PAUSE)
        except grpc.RpcError as error:
            self.failure = f"{error.code()} {error.details()}"

    def _write(self, key, request_id):
        value = request_id.zfill(VALUE_SIZE)
        body = self.system.write_body(key, value, request_id)
        while True:
            call = self.calls[self.place % len(self.calls)]
            try:
                call(body, timeout=TRY, metadata=self.system.metadata)
                self.told.append(time.monotonic())
                self.held[key] = value
                return
            except grpc.RpcError as error:
                if error.code() not in AGAIN:
                    raise
            self.place += 1
            time.sleep(PAUSE)


class Writers:
    """A context manager: they write."""

    def __init__(self, system, numbers):
        self.all = [Writer(system, i, numbers) for i in range(WRITERS)]

    def __enter__(self):
        for writer in self.all:
            writer.start()
        return self

    def __exit__(self, *_):
        for writer in self.all:
            writer.stopping.set()
        for writer in self.all:
            writer.join()
            for channel in writer.channels:
                channel.close()

    def wait_for(self, n):
        """So many more are acknowledged."""
        n += self._n_told()
        wait_until(lambda: self._n_told() >= n or self._failed(), "writes", 60)
        if self._failed():
            raise Broken(self._failed())

    def _n_told(self):
        return sum(len(writer.told) for writer in self.all)

    def _failed(self):
        return next((w.failure for w in self.all if w.failure), None)

    def gap_ms(self, since):
        """The longest time without an acknowledged write that ends after |since|."""
        told = sorted(t for writer in self.all for t in writer.told)
        return max((b - a) * 1000 for a, b in zip(told, told[1:]) if b > since)


class Trials:
    """Kills of one system's leader, one at a time, and all that was told."""

    def __init__(self, system):
        self.system = system
        self.numbers = itertools.count()
        self.held = {}

    def one(self, before=200, after=200):
        """The gap that one kill costs, in ms."""
        system = self.system
        with Writers(system, self.numbers) as writers:
            writers.wait_for(before)
            leader = system.leader()
            since = time.monotonic()
            system.kill(leader)
            writers.wait_for(after)
        gap_ms = writers.gap_ms(since)
        for writer in writers.all:
            self.held.update(writer.held)
        system.start_again(leader)
        for place in range(3):
            wait_until(lambda: system.answers(place), "all nodes", 60)
        system.check()
        time.sleep(1)  # so that the next finds a cluster at rest
        return gap_ms

    def lost(self):
        """How many keys do not hold what was acknowledged last, by any node."""
        lost = set()
        for place in range(3):
            address = self.system.address(place)
            with grpc.insecure_channel(address, options=OPTIONS) as channel:
                for key, value in self.held.items():
                    answer = self.system.read(channel, self.system.read_body(key), 20)
                    if self.system.value_in(answer) != value.encode():
                        lost.add(key)
        return len(lost)
