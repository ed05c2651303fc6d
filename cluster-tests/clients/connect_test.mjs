// The Connect protocol, spoken by hand over Node's own HTTP/2.
import assert from "node:assert/strict";
import http2 from "node:http2";

import { endpoints, freshPhone, tell, tenant } from "./sentences.mjs";

const sessions = endpoints.map((endpoint) => http2.connect(`http://${endpoint}`));

/** Posts |body|; gives the status, the headers and the JSON that came back. */
function post(method, body, { node = 0, headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const stream = sessions[node].request({
      ":method": "POST",
      ":path": `/quorumcall.v1.NumberService/${method}`,
      "content-type": "application/json",
      "connect-protocol-version": "1",
      "x-tenant": tenant,
      ...headers,
    });
    let text = "";
    let answered;
    stream.setEncoding("utf8");
    stream.on("response", (fields) => (answered = fields));
    stream.on("data", (piece) => (text += piece));
    stream.on("end", () =>
      resolve({ status: answered[":status"], headers: answered, json: JSON.parse(text) }),
    );
    stream.on("error", reject);
    stream.end(typeof body === "string" ? body : JSON.stringify(body));
  });
}

const visit = (phone) => ({ subject: "sales", customerPhone: phone, origin: "WEB" });

await tell({
  "a visit gets a number, and any node shows it": async () => {
    const phone = freshPhone();
    const got = await post("AllocateNumber", visit(phone));
    assert.equal(got.status, 200);
    assert.equal(got.headers["content-type"], "application/json");
    const shown = await post(
      "GetAllocation", { allocationId: got.json.allocationId }, { node: 2 },
    );
    assert.equal(shown.json.allocation.number, got.json.number);
    assert.equal(shown.json.allocation.customerPhone, phone);
  },

  "an error is JSON with code and details": async () => {
    const got = await post("AllocateNumber", visit("nobody"));
    assert.equal(got.status, 400);
    assert.equal(got.json.code, "invalid_argument");
    const types = got.json.details.map((detail) => detail.type);
    assert.deepEqual(types, ["google.rpc.ErrorInfo", "google.rpc.BadRequest"]);
    const reason = Buffer.from(got.json.details[0].value, "base64").toString();
    assert.match(reason, /INVALID_PHONE/);
  },

  "a call with a time limit is answered within it": async () => {
    const got = await post("AllocateNumber", visit(freshPhone()), {
      headers: { "connect-timeout-ms": "5000" },
    });
    assert.equal(got.status, 200);
  },

  "a time limit that has passed ends the call": async () => {
    const got = await post("AllocateNumber", visit(freshPhone()), {
      headers: { "connect-timeout-ms": "0" },
    });
    assert.equal(got.json.code, "deadline_exceeded");
  },

  "a time limit that is none is refused": async () => {
    const got = await post("AllocateNumber", visit(freshPhone()), {
      headers: { "connect-timeout-ms": "soon" },
    });
    assert.equal(got.json.code, "invalid_argument");
  },

  "nonsense is refused, and the connection goes on": async () => {
    const nonsense = await post("AllocateNumber", '{"subject": ');
    assert.equal(nonsense.json.code, "invalid_argument");
    const got = await post("AllocateNumber", visit(freshPhone()));
    assert.equal(got.status, 200);
    assert.equal(sessions[0].closed, false);
  },
});
for (const session of sessions) session.close();
