"""A stream that is followed from node to node, as its clients follow it."""

import threading
import time

import grpc

import contract


class Follower:
    """Reads a stream in a thread; when it ends, goes on, on the next node, from
    where it was. Who inherits says what is asked (`ask`), and takes what is told
    (`take`), which moves `at`."""

    rpc = None  # "Service/Method"

    def __init__(self, nodes, node, at):
        self.nodes = nodes
        self.node = node
        self.at = at
        self.ends = []  # (status, x-resume, where it was) of each stream
        self.closed = False
        self.call = None
        threading.Thread(target=self._run, daemon=True).start()

    def ask(self):
        raise NotImplementedError

    def take(self, told):
        raise NotImplementedError

    def _run(self):
        while not self.closed:
            try:
                self._follow()
            except ValueError:  # the cluster is gone
                return
            self.node = (self.node + 1) % len(self.nodes.members)
            time.sleep(0.02)

    def _follow(self):
        self.call = self.nodes.channels[self.node].unary_stream(
            f"/quorumcall.v1.{self.rpc}",
            contract.request_type(self.rpc).SerializeToString,
            contract.response_type(self.rpc).FromString,
        )(
            self.ask(),
            metadata=self.nodes.headers + [("x-tenant", self.nodes.tenant)],
        )
        try:
            for told in self.call:
                self.take(told)
        except grpc.RpcError as error:
            trailers = dict(error.trailing_metadata() or [])
            self.ends.append((error.code(), trailers.get("x-resume"), self.at))

    def close(self):
        self.closed = True
        self.call.cancel()
