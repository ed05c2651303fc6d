"""SIP messages (RFC 3261), as far as one has to read them to pass them on."""

import asyncio
import hashlib
import re

_COMPACT = {
    "v": "Via",
    "f": "From",
    "t": "To",
    "i": "Call-ID",
    "m": "Contact",
    "l": "Content-Length",
    "c": "Content-Type",
    "k": "Supported",
    "s": "Subject",
    "e": "Content-Encoding",
}
_LISTS = {"via", "route", "record-route"}  # may stand in one line, with commas
HEAD_MAX = 64 * 1024
BODY_MAX = 64 * 1024


class Malformed(Exception):
    """Not what SIP is; the next message is found all the same."""


class Unframed(Exception):
    """Nobody can say where the next message begins."""


def _split(value):
    """The elements of a list, where commas within <> and "" divide nothing."""
    parts = re.findall(r'(?:[^,"<]|"(?:[^"\\]|\\.)*"|<[^>]*>)+', value)
    return [part.strip() for part in parts if part.strip()]


def uri_of(value):
    """The URI of a name-addr or addr-spec."""
    found = re.match(r'(?:[^"<]|"(?:[^"\\]|\\.)*")*<([^>]*)>', value)
    return found[1] if found else value.split(";")[0].strip()


def user_of(uri):
    """Of sip:USER@HOST and tel:USER; "" if it has none."""
    found = re.match(r"(?:sips?:([^@;:]*)[^@]*@|tel:([^;]*))", uri, re.IGNORECASE)
    return (found[1] or found[2] or "") if found else ""


def parameter(value, name):
    """Of a header, not of the URI within its <>; "" if it is not there."""
    rest = re.sub(r'"(?:[^"\\]|\\.)*"|<[^>]*>', "", value)
    found = re.search(rf";\s*{name}\s*=\s*([^;\s]+)", rest, re.IGNORECASE)
    return found[1] if found else ""


class Message:
    """A request or a response; |headers| are pairs in their order, lists of
    Via, Route and Record-Route taken apart."""

    def __init__(self, start, headers, body=b""):
        self.start = start
        self.headers = headers
        self.body = body

    @classmethod
    def parse(cls, head, body=b""):
        """Of bytes up to the empty line, and what follows it."""
        lines = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "surrogateescape"))
        start, *rest = lines.split("\r\n")
        headers = []
        for line in rest:
            if not line:
                continue
            name, _, value = line.partition(":")
            name = _COMPACT.get(name.strip().lower(), name.strip())
            is_list = name.lower() in _LISTS
            for one in _split(value) if is_list else [value.strip()]:
                headers.append((name, one))
        return cls(start, headers, body)

    @classmethod
    def from_bytes(cls, data):
        head, _, body = data.partition(b"\r\n\r\n")
        return cls.parse(head, body)

    def to_bytes(self):
        headers = [pair for pair in self.headers if pair[0].lower() != "content-length"]
        headers.append(("Content-Length", str(len(self.body))))
        lines = [self.start, *(f"{name}: {value}" for name, value in headers), "", ""]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body

    def copy(self):
        return Message(self.start, list(self.headers), self.body)

    def check(self):
        """Raises Malformed, unless all that is looked at here is there."""
        needed = ("Via", "From", "To", "Call-ID")
        ways = r"SIP/2\.0 [1-6]\d\d .*|[A-Z]+ \S+ SIP/2\.0"
        if not (
            all(self.first(name) for name in needed)
            and re.fullmatch(r"\d{1,10}\s+[A-Z]+", self.first("CSeq"))
            and re.fullmatch(r"\d{0,3}", self.first("Max-Forwards"))
            and re.fullmatch(ways, self.start)
        ):
            raise Malformed(self.start[:40])

    # --- what it says

    @property
    def is_response(self):
        return self.start.startswith("SIP/2.0 ")

    @property
    def status(self):
        return int(self.start.split(" ")[1]) if self.is_response else 0

    @property
    def method(self):
        """Of a response: of what it answers."""
        return self.first("CSeq").split()[-1]

    @property
    def cseq(self):
        return int(self.first("CSeq").split()[0])

    @property
    def uri(self):
        return self.start.split(" ")[1]

    @property
    def call_id(self):
        return self.first("Call-ID")

    @property
    def branch(self):
        return parameter(self.first("Via"), "branch")

    def tag(self, side):
        """Of From or To."""
        return parameter(self.first(side), "tag")

    def first(self, name):
        return next((v for n, v in self.headers if n.lower() == name.lower()), "")

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def options(self, name):
        """The tags of Supported, or of Require."""
        return {tag.strip() for value in self.all(name) for tag in value.split(",")}

    # --- and how it is changed

    def withdraw_option(self, tag):
        """Of those that are supported."""
        left = sorted(self.options("Supported") - {tag, ""})
        self.drop("Supported")
        if left:
            self.headers.append(("Supported", ", ".join(left)))

    def push(self, name, value):
        """On top of all others."""
        self.headers.insert(0, (name, value))

    def pop(self, name):
        """Takes the topmost away."""
        for i, (n, _) in enumerate(self.headers):
            if n.lower() == name.lower():
                del self.headers[i]
                return

    def drop(self, *names):
        lower = {name.lower() for name in names}
        self.headers = [pair for pair in self.headers if pair[0].lower() not in lower]

    def set(self, name, value):
        for i, (n, _) in enumerate(self.headers):
            if n.lower() == name.lower():
                self.headers[i] = (name, value)
                return
        self.headers.append((name, value))

    def response(self, status, reason, tag, **headers):
        """To this request. |tag| is ours, and that of To."""
        to = self.first("To")
        if not parameter(to, "tag"):
            to += f";tag={tag}"
        answer = [("Via", via) for via in self.all("Via")]
        answer += [("Record-Route", value) for value in self.all("Record-Route")]
        answer += [("From", self.first("From")), ("To", to)]
        answer += [("Call-ID", self.call_id), ("CSeq", self.first("CSeq"))]
        answer += [(name.replace("_", "-"), value) for name, value in headers.items()]
        return Message(f"SIP/2.0 {status} {reason}", answer)

    def same_transaction(self, method):
        """The CANCEL, or the ACK of a negative answer, of this INVITE."""
        headers = [("Via", self.first("Via")), ("Max-Forwards", "70")]
        headers += [("Route", route) for route in self.all("Route")]
        headers += [(name, self.first(name)) for name in ("From", "To", "Call-ID")]
        headers.append(("CSeq", f"{self.cseq} {method}"))
        return Message(f"{method} {self.uri} SIP/2.0", headers)

    def branch_for_forwarding(self):
        """The same whenever the same request comes again (RFC 3261, 16.11)."""
        ways = self.all("Via") + [self.call_id, self.first("CSeq"), self.uri]
        digest = hashlib.sha256("\n".join(ways).encode("utf-8", "surrogateescape"))
        return f"z9hG4bK-fwd-{digest.hexdigest()[:32]}"


async def read(reader):
    """The next message of a stream; None at its end. Raises Malformed, Unframed,
    and what the stream raises."""
    start = b"\r\n"
    while start == b"\r\n":  # keep-alives
        try:
            start = await reader.readuntil(b"\r\n")
        except asyncio.IncompleteReadError:
            return None
    rest = await reader.readuntil(b"\r\n\r\n")
    message = Message.parse(start + rest[: -len(b"\r\n\r\n")])
    length = message.first("Content-Length")
    if not re.fullmatch(r"\d{0,5}", length) or int(length or 0) > BODY_MAX:
        raise Unframed(length[:40])
    message.body = await reader.readexactly(int(length or 0))
    message.check()
    return message
