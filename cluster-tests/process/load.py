"""Writers that never give up, and a ledger of what they were told."""

import itertools
import threading
import time

import grpc

from calls import Refused

ATTACHED_TO_A_VISIT = 20
RESERVED = 1  # AllocationState

# Not done, or not known whether: the same request is asked again. What is
# refused for any other reason is a failure of the test.
AGAIN = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)

# Ranges that a regulator keeps for films; not those that qcbench uses.
_AREAS = ("113", "114", "115", "116", "117", "118", "121", "131", "141", "151", "161")
_phones = (
    f"+44{area}496{i:04d}" for area in itertools.cycle(_AREAS) for i in range(1000)
)
_lock = threading.Lock()


def _next_phone():
    with _lock:
        return next(_phones)


class Visit:
    """What was acknowledged of one visit."""

    def __init__(self, allocation_id, number, phone):
        self.allocation_id = allocation_id
        self.number = number
        self.phone = phone
        self.context = {}


class Found:
    """What is left of the acknowledged writes, on the node that has least."""

    def __init__(self, acknowledged, found, doubled):
        self.acknowledged = acknowledged
        self.found = found
        self.lost = acknowledged - found
        self.doubled = doubled


class Ledger:
    """All that was ever acknowledged on a cluster."""

    def __init__(self):
        self.visits = []

    def _found_of(self, visit, allocation):
        """How many of its writes |allocation| (may be None) holds."""
        if (
            allocation is None
            or allocation.number != visit.number
            or allocation.customer_phone != visit.phone
        ):
            return 0
        context = visit.context.items()
        return 1 + sum(allocation.context.get(key) == value for key, value in context)

    def compare(self, cluster, place):
        """With what the node at |place| answers."""
        held = {}
        token = ""
        while True:
            page = cluster.call(
                "NumberService/ListAllocations",
                place,
                timeout=10,
                page_size=200,
                page_token=token,
            )
            held.update((item.allocation_id, item) for item in page.items)
            token = page.next_token
            if not token:
                break
        # A request that was asked again was done once; a number has one holder.
        doubled = 0
        live = [item for item in held.values() if item.state == RESERVED]
        for of in ("number", "customer_phone"):
            doubled += len(live) - len({getattr(item, of) for item in live})
        visits = list(self.visits)
        found = sum(self._found_of(v, held.get(v.allocation_id)) for v in visits)
        return Found(sum(1 + len(v.context) for v in visits), found, doubled)


class Load:
    """Writers on all nodes of |cluster|; begins at once.

    Each asks until it is told, always with the same request id; |deadline| is
    that of one try, |pause| the time between two writes, in seconds, and
    |bulk| how many bytes are written with each."""

    def __init__(self, cluster, ledger, n=6, deadline=0.25, pause=0.003, bulk=0):
        self.cluster = cluster
        self.ledger = ledger
        self.deadline = deadline
        self.pause = pause
        self.bulk = bulk
        self.told = []  # when, of each acknowledged write
        self.unknown = 0
        self.failures = []
        self.stopping = threading.Event()
        self.give_up = None
        self.threads = [
            threading.Thread(target=self._write_all, args=(place,), daemon=True)
            for place in range(n)
        ]
        for thread in self.threads:
            thread.start()

    def _until_told(self, path, place, **fields):
        """(answer, place of the node that gave it)."""
        fields.update(self.cluster.envelope())
        while True:
            try:
                answer = self.cluster.call(path, place, self.deadline, **fields)
                self.told.append(time.monotonic())
                return answer, place
            except Refused as refused:
                if refused.code not in AGAIN:
                    raise
                if self.give_up and time.monotonic() > self.give_up:
                    raise
            place += 1
            time.sleep(0.003)

    def _write(self, visit, place):
        if visit is None:
            phone = _next_phone()
            answer, place = self._until_told(
                "NumberService/AllocateNumber",
                place,
                subject="sales",
                origin=1,
                customer_phone=phone,
            )
            visit = Visit(answer.allocation_id, answer.number, phone)
            self.ledger.visits.append(visit)
            return visit, place
        key = f"k{len(visit.context)}"
        value = f"{time.monotonic_ns()}".ljust(min(self.bulk, 1000), "x")
        _, place = self._until_told(
            "NumberService/AttachContext",
            place,
            allocation_id=visit.allocation_id,
            context={key: value},
        )
        visit.context[key] = value
        n_most = min(ATTACHED_TO_A_VISIT, 12000 // max(self.bulk, 1))
        return (visit if len(visit.context) < n_most else None), place

    def _write_all(self, place):
        visit = None
        try:
            while not self.stopping.is_set():
                visit, place = self._write(visit, place)
                time.sleep(self.pause)
        except Refused as refused:
            if refused.code in AGAIN:
                self.unknown += 1
            else:
                self.failures.append(refused)
        except Exception as error:
            self.failures.append(error)

    def wait_for(self, n, seconds=60):
        """Waits until |n| more writes are acknowledged."""
        wanted = len(self.told) + n
        give_up = time.monotonic() + seconds
        while len(self.told) < wanted:
            assert not self.failures, self.failures
            assert time.monotonic() < give_up, (
                f"{wanted - len(self.told)} of {n} writes not acknowledged "
                f"within {seconds} s"
            )
            time.sleep(0.005)

    def stop(self, seconds=10):
        """Ends it; what is under way may still be told."""
        self.give_up = time.monotonic() + seconds
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        assert not self.failures, self.failures

    def gap_ms(self, since):
        """The longest time without an acknowledged write, after |since|."""
        told = sorted(self.told)
        gaps = [after - before for before, after in zip(told, told[1:]) if after > since]
        return round(1000 * max(gaps))
