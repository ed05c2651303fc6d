"""Systems whose leader fails, writers that see what it costs, all by grpc-python, the
same for each system, and the load of a busy hour beside them, by qcload."""

import collections
import contextlib
import itertools
import json
import subprocess
import threading
import time

import grpc

from bench import shape_words
from systems import LOAD, Broken, Etcd, Quorumcall, numbers_of

import contract  # from the process tests, as systems.py found them
from cluster import wait_until

WRITERS = 8
TRY = 0.1  # seconds; then the next node is asked
PAUSE = 0.003  # between two tries, and between two writes
KEYS = 1000  # of each writer
VALUE_SIZE = 100
BUSY_SHAPE = (4, 64)
BUSY_MS = 300000  # at most
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
    again = AGAIN  # how a try ends that is made again
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

    def admin(self, place):
        """Where its metrics are."""
        raise NotImplementedError

    def effects(self, place, keys):
        """How often each of |keys| was written, as the node at |place| has it."""
        raise NotImplementedError

    def answers(self, place):
        """Whether a linearizable read by that node is answered."""
        with grpc.insecure_channel(self.address(place), options=OPTIONS) as channel:
            try:
                self.read(channel, self.read_body("writer0-0000000"))
            except grpc.RpcError as error:
                return error.code() == grpc.StatusCode.NOT_FOUND
        return True

    def write(self, key, value, request_id):
        """Once, by the leader."""
        body = self.write_body(key, value, request_id)
        with grpc.insecure_channel(self.where(), options=OPTIONS) as channel:
            channel.unary_unary(self.path)(body, timeout=20, metadata=self.metadata)

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
    again = (*AGAIN, grpc.StatusCode.UNKNOWN)  # also "context deadline exceeded"
    path = "/etcdserverpb.KV/Put"
    read_path = "/etcdserverpb.KV/Range"

    def address(self, place):
        return self.addresses[place]

    def admin(self, place):
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
        """RangeResponse.kvs (2), KeyValue.value (5)."""
        return _last_field(_last_field(answer, 2, b""), 5, b"")

    def effects(self, place, keys):
        """KeyValue.version (4): how often it was put since it was made."""
        with grpc.insecure_channel(self.address(place), options=OPTIONS) as channel:
            found = {key: self.read(channel, self.read_body(key), 20) for key in keys}
        return {k: _last_field(_last_field(a, 2, b""), 4, 0) for k, a in found.items()}


def _varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return number, at


def _last_field(data, wanted, otherwise):
    """The bytes, or number, of the last field |wanted|; only what etcd writes."""
    found, at = otherwise, 0
    while at < len(data):
        tag, at = _varint(data, at)
        value, at = _varint(data, at)
        if tag & 7 == 2:
            at += value
            value = data[at - value : at]
        if tag >> 3 == wanted:
            found = value
    return found


class FailingQuorumcall(Failing, Quorumcall):
    metadata = (("x-tenant", "bench"),)
    path = "/quorumcall.v1.AdminService/PutBranch"
    read_path = "/quorumcall.v1.AdminService/GetBranch"
    _PUT = "AdminService/PutBranch"
    _GET = "AdminService/GetBranch"

    def address(self, place):
        return self.nodes.members[place].address

    def admin(self, place):
        return self.nodes.members[place].admin

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

    def effects(self, place, keys):
        """Each put that was done is in the audit log; one that was answered by a
        stored answer is not."""
        found = collections.Counter(dict.fromkeys(keys, 0))
        token = ""
        while token is not None:
            page = self.nodes.call("AdminService/GetAudit", place, 20, "bench",
                                   page_size=500, page_token=token)
            found.update(record.object for record in page.items
                         if record.method == "PutBranch")
            token = page.next_token or None
        return {key: found[key] for key in keys}


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
        self.n_told = collections.Counter()  # by key
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
                self.n_told[key] += 1
                self.held[key] = value
                return
            except grpc.RpcError as error:
                if error.code() not in self.system.again:
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


class BusyHour:
    """A load of qcload beside the writers. |words| say what it does, and |counted| how
    the name begins of what a node counts of it. Whether it |lasts|, or ends with
    the leader, is the system's."""

    def __init__(self, words, counted, lasts):
        self.words = words
        self.counted = counted
        self.lasts = lasts

    def _is_there(self, system, place):
        told = numbers_of(system.admin(place))
        return any(told[name] for name in told if name.startswith(self.counted))

    @contextlib.contextmanager
    def at(self, system, place):
        """At that node, which does not lead; |told| has what it came to in the end,
        if it has lasted."""
        words = [*self.words, *shape_words(*BUSY_SHAPE), "--time", str(BUSY_MS)]
        words += ["--warm-up", "0", "--endpoint", system.address(place)]
        told = {}
        with subprocess.Popen([LOAD, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as load:
            try:
                wait_until(lambda: load.poll() is not None or self._is_there(system, place),
                           "a busy hour", 60)
                yield told
                load.terminate()
                said, why = load.communicate(timeout=60)
            except BaseException:
                load.kill()
                raise
        if load.returncode == 0:
            told.update(json.loads(said))
        elif self.lasts:
            raise Broken(f"{system.name}, beside the writers: {why.strip()}")


class Trials:
    """Failures of one system's leader, one at a time, and all that was told."""

    def __init__(self, system, busy):
        self.system = system
        self.busy = busy
        self.numbers = itertools.count()
        self.held = {}
        self.n_told = collections.Counter()

    def one(self, before=200, after=200):
        """What one kill costs: by measure."""
        system = self.system
        place = (system.leader() + 1) % 3
        with (self.busy.at(system, place) as busy,
              Writers(system, self.numbers) as writers):
            writers.wait_for(before)
            leader = system.leader()
            if leader == place:
                raise Broken(f"{system.name}: the busy hour's own node leads")
            since = time.monotonic()
            system.kill(leader)
            writers.wait_for(after)
        for writer in writers.all:
            self.held.update(writer.held)
            self.n_told.update(writer.n_told)
        system.start_again(leader)
        for place in range(3):
            wait_until(lambda: system.answers(place), "all nodes", 60)
        system.check()
        time.sleep(1)  # so that the next finds a cluster at rest
        longest_ms = busy["latency"]["max_us"] / 1000 if busy else None
        return {"gap_ms": writers.gap_ms(since), "longest_ms": longest_ms}

    def found(self):
        """Of what was acknowledged, by the node that has least: how many keys do not
        hold what was acknowledged last, or were not written as often, and how many
        writes took effect twice."""
        lost, doubled = set(), 0
        for place in range(3):
            effects = self.system.effects(place, self.held)
            lost |= {key for key in self.held if effects[key] < self.n_told[key]}
            doubled = max(doubled, sum(max(0, effects[key] - self.n_told[key])
                                       for key in self.held))
            lost |= self._differ(place)
        return {"lost": len(lost), "doubled": doubled}

    def _differ(self, place):
        address = self.system.address(place)
        with grpc.insecure_channel(address, options=OPTIONS) as channel:
            return {
                key for key, value in self.held.items()
                if self.system.value_in(self.system.read(channel, self.system.read_body(key), 20))
                != value.encode()
            }
