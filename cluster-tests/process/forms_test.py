"""One request in every form there is, and everywhere the same answer."""

import json
import urllib.parse

from google.protobuf import json_format

import contract
from cluster import Cluster
from forms import curl, framed, packed, unframed, unpacked

PATH = "NumberService/AllocateNumber"


def _as_dict(message):
    """Field number to value, with what is not set left out."""
    return {
        field.number: getattr(message, field.name)
        for field, _ in message.ListFields()
    }


def _ask_in_forms(node, *forms):
    return [curl(node, PATH, content_type, body) for content_type, body in forms]


def all_forms_of_a_request_get_the_same_answer():
    """http2.md 2 and 3: gRPC with protobuf and msgpack, Connect with JSON and
    protobuf."""
    with Cluster() as cluster:
        request = contract.request_type(PATH)(
            subject="sales",
            customer_phone="+447700900777",
            origin=1,
            context={"page": "/pricing"},
            **cluster.envelope(),
        )
        wire = request.SerializeToString()
        by_number = {
            1: request.subject,
            3: request.customer_phone,
            8: {"page": "/pricing"},
            10: 1,
            100: request.request_id,
            102: request.client_ts_ms,
            103: request.client_id,
        }
        by_name = {
            "subject": request.subject,
            "customer_phone": request.customer_phone,
            "context": {"page": "/pricing"},
            "origin": 1,
            "request_id": request.request_id,
            "client_ts_ms": request.client_ts_ms,
            "client_id": request.client_id,
        }
        text = json_format.MessageToJson(request).encode()
        read = contract.response_type(PATH).FromString

        first = cluster.call_bytes(PATH, wire)
        expected = _as_dict(read(first))
        grpc_proto, grpc_msgpack, by_names, proto, as_json = _ask_in_forms(
            cluster.nodes[1],
            ("application/grpc+proto", framed(wire)),
            ("application/grpc+msgpack", framed(packed(by_number))),
            ("application/grpc+msgpack", framed(packed(by_name))),
            ("application/proto", wire),
            ("application/json", text),
        )
        for answer in (grpc_proto, grpc_msgpack, by_names):
            assert answer.headers["grpc-status"] == "0", answer.headers
        assert _as_dict(read(unframed(grpc_proto.body))) == expected
        assert unpacked(unframed(grpc_msgpack.body)) == expected
        assert unpacked(unframed(by_names.body)) == expected
        assert (proto.status, as_json.status) == (200, 200)
        assert _as_dict(read(proto.body)) == expected
        parsed = json_format.Parse(as_json.body, contract.response_type(PATH)())
        assert _as_dict(parsed) == expected


def all_forms_of_a_refusal_say_the_same():
    """An unknown subject: status, reason and message, however it is asked."""
    with Cluster() as cluster:
        request = contract.request_type(PATH)(
            subject="nobody", customer_phone="+447700900778", origin=1
        )
        wire = request.SerializeToString()
        by_number = {1: "nobody", 3: "+447700900778", 10: 1}
        grpc_proto, grpc_msgpack, proto, as_json = _ask_in_forms(
            cluster.nodes[2],
            ("application/grpc", framed(wire)),
            ("application/grpc+msgpack", framed(packed(by_number))),
            ("application/proto", wire),
            ("application/json", json_format.MessageToJson(request).encode()),
        )
        texts = set()
        for answer in (grpc_proto, grpc_msgpack):
            assert answer.headers["grpc-status"] == "5", answer.headers
            texts.add(urllib.parse.unquote(answer.headers["grpc-message"]))
        for answer in (proto, as_json):
            assert answer.status == 404, answer.status
            error = json.loads(answer.body)
            assert error["code"] == "not_found", error
            assert error["details"][0]["type"] == "google.rpc.ErrorInfo", error
            texts.add(error["message"])
        assert texts == {"subject: no such subject"}, texts
