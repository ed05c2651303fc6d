"""proto/ as Python knows it: compiled once for a run, into a temporary place."""

import atexit
import importlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import google
import grpc

ROOT = pathlib.Path(__file__).resolve().parents[2]


def _compile():
    directory = pathlib.Path(tempfile.mkdtemp(prefix="quorumcall-proto-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    protos = sorted((ROOT / "proto/quorumcall/v1").glob("*.proto"))
    protos += sorted((ROOT / "proto/google/rpc").glob("*.proto"))
    protos += sorted((ROOT / "proto/grpc").rglob("*.proto"))
    subprocess.run(
        ["protoc", "-I", ROOT / "proto", "-I", "/usr/include"]
        + [f"--python_out={directory}", *protos],
        check=True,
    )
    sys.path.insert(0, str(directory))
    # Both are packages already, of Python's own: ours are added to them.
    google.__path__.append(str(directory / "google"))
    grpc.__path__.append(str(directory / "grpc"))


_compile()


def _module(name):
    return importlib.import_module(name + "_pb2")


options = _module("quorumcall.v1.options")
status = _module("google.rpc.status")
error_details = _module("google.rpc.error_details")
health = _module("grpc.health.v1.health")
reflection = _module("grpc.reflection.v1.reflection")

SERVICES = {
    name: _module(f"quorumcall.v1.{file}")
    for name, file in (
        ("AdminService", "admin_service"),
        ("NumberService", "number_service"),
        ("RoutingService", "routing_service"),
        ("AgentService", "agent_service"),
        ("EffectService", "effect_service"),
        ("ClusterService", "cluster_service"),
        ("CustomerService", "customer_service"),
        ("WatchService", "watch_service"),
    )
}


def _method(path):
    """What the schema says of "NumberService/MatchCall", wherever its messages
    are."""
    service, method = path.split("/")
    descriptor = SERVICES[service].DESCRIPTOR.services_by_name[service]
    return descriptor.methods_by_name[method]


def _message(descriptor):
    module = _module(descriptor.file.name.removesuffix(".proto").replace("/", "."))
    return getattr(module, descriptor.name)


def request_type(path):
    """The message that "NumberService/MatchCall" takes."""
    return _message(_method(path).input_type)


def response_type(path):
    return _message(_method(path).output_type)


def _of_nodes():
    """The RPCs that nobody but a node may call."""
    table = (ROOT / "proto/command.def").read_text()
    row = r"^QC_COMMAND\([0-9]+, [0-9]+, (\w+), (\w+), \w+, \w+, NODE, \w+\)"
    return {"/".join(names) for names in re.findall(row, table, re.MULTILINE)}


def paths():
    """Every RPC that a client may call, "NumberService/MatchCall"."""
    for name, module in SERVICES.items():
        for method in module.DESCRIPTOR.services_by_name[name].methods:
            if f"{name}/{method.name}" not in _of_nodes():
                yield f"{name}/{method.name}"
