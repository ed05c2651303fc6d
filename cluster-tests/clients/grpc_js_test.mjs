// @grpc/grpc-js, with messages made from proto/ as it stands.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

import { endpoints, freshPhone, killLeader, tell, tenant } from "./sentences.mjs";

const root = fileURLToPath(new URL("../../proto", import.meta.url));
const definition = loader.loadSync(
  ["number_service", "cluster_service"].map((name) => `quorumcall/v1/${name}.proto`),
  { includeDirs: [root], keepCase: true, longs: String, enums: String, defaults: true },
);
const { NumberService, ClusterService } =
  grpc.loadPackageDefinition(definition).quorumcall.v1;
const clientId = randomUUID();
let nRequests = 0;

const clients = endpoints.map(
  (endpoint) => new NumberService(endpoint, grpc.credentials.createInsecure()),
);

function call(method, request, { node = 0, seconds = 5 } = {}) {
  const metadata = new grpc.Metadata();
  metadata.set("x-tenant", tenant);
  return new Promise((resolve, reject) => {
    clients[node % clients.length][method](
      request,
      metadata,
      { deadline: Date.now() + seconds * 1000 },
      (error, response) => (error ? reject(error) : resolve(response)),
    );
  });
}

function visit(phone = freshPhone()) {
  return {
    subject: "sales",
    customer_phone: phone,
    origin: "ORIGIN_WEB",
    client_id: clientId,
    request_id: String(++nRequests),
    client_ts_ms: String(Date.now()),
  };
}

/** One request, asked of one node after the other until somebody knows. */
async function untilTold(method, request, node, seconds = 20) {
  const giveUp = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await call(method, request, { node: node++, seconds: 1 });
    } catch (error) {
      const passing = [grpc.status.UNAVAILABLE, grpc.status.DEADLINE_EXCEEDED];
      if (!passing.includes(error.code) || Date.now() > giveUp) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

await tell({
  "a visit gets a number, and its call is matched at another node": async () => {
    const phone = freshPhone();
    const got = await call("AllocateNumber", visit(phone));
    assert.match(got.number, /^\+4420/);
    const matched = await call(
      "MatchCall",
      {
        dnis: got.number, ani: phone, ext_ref: randomUUID(), connector: "pbx",
      },
      { node: 1 },
    );
    assert.equal(matched.result, "MATCH_RESULT_MATCHED");
    assert.equal(matched.allocation_id, got.allocation_id);
  },

  "a refusal tells status, reason and field": async () => {
    await assert.rejects(call("AllocateNumber", visit("nobody")), (error) => {
      assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
      assert.match(error.details, /customer_phone/);
      const bytes = error.metadata.get("grpc-status-details-bin")[0];
      assert.ok(bytes.includes("INVALID_PHONE"));
      return true;
    });
  },

  "a deadline that has passed ends the call": async () => {
    await assert.rejects(call("AllocateNumber", visit(), { seconds: -1 }), {
      code: grpc.status.DEADLINE_EXCEEDED,
    });
  },

  "a call that is cancelled ends, and the next one works": async () => {
    const metadata = new grpc.Metadata();
    metadata.set("x-tenant", tenant);
    const ended = new Promise((resolve) => {
      clients[0]
        .AllocateNumber(visit(), metadata, (error) => resolve(error.code))
        .cancel();
    });
    assert.equal(await ended, grpc.status.CANCELLED);
    await call("ListAllocations", {});
  },

  "two thousand calls at once are all answered": async () => {
    const status = new ClusterService(endpoints[0], grpc.credentials.createInsecure());
    const one = () =>
      new Promise((resolve, reject) => {
        status.GetStatus({}, (error, answer) => (error ? reject(error) : resolve(answer)));
      });
    const answers = await Promise.all(Array.from({ length: 2000 }, one));
    assert.equal(new Set(answers.map((answer) => answer.node_id)).size, 1);
    status.close();
  },

  "a leader's death loses no number and doubles none": async () => {
    const requests = Array.from({ length: 40 }, () => visit());
    const asked = requests.map((request, i) =>
      new Promise((resolve) => setTimeout(resolve, i * 25)).then(() =>
        untilTold("AllocateNumber", request, i),
      ),
    );
    setTimeout(killLeader, 300);
    const answers = await Promise.all(asked);
    const numbers = new Set(answers.map((answer) => answer.number));
    assert.equal(numbers.size, requests.length);
    const again = await Promise.all(
      requests.map((request, i) => untilTold("AllocateNumber", request, i + 1)),
    );
    assert.deepEqual(again, answers);
  },
});
for (const client of clients) client.close();
