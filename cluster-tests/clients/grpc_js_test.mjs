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
const { NumberService } = grpc.loadPackageDefinition(definition).quorumcall.v1;
const clientId = randomUUID();
let nRequests = 0;

const insecure = grpc.credentials.createInsecure();
const clients = endpoints.map((endpoint) => new NumberService(endpoint, insecure));

// All nodes in turn. What a node cannot do now is asked of another, by gRPC's
// own rules.
const retrying = new NumberService(`ipv4:${endpoints.join(",")}`, insecure, {
  "grpc.service_config": JSON.stringify({
    loadBalancingConfig: [{ round_robin: {} }],
    methodConfig: [{
      name: [{ service: "quorumcall.v1.NumberService" }],
      retryPolicy: {
        maxAttempts: 5,
        initialBackoff: "0.2s",
        maxBackoff: "2s",
        backoffMultiplier: 2,
        retryableStatusCodes: ["UNAVAILABLE"],
      },
    }],
  }),
});

function call(method, request, { client = clients[0], seconds = 5 } = {}) {
  const metadata = new grpc.Metadata();
  metadata.set("x-tenant", tenant);
  return new Promise((resolve, reject) => {
    client[method](
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
      { client: clients[1] },
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
    const answers = await Promise.all(
      Array.from({ length: 2000 }, (_, i) =>
        call("ListAllocations", { page_size: 1 }, {
          client: clients[i % clients.length], seconds: 20,
        })),
    );
    assert.equal(new Set(answers.map((answer) => answer.items[0].allocation_id)).size, 1);
  },

  "a leader's death loses no number and doubles none": async () => {
    const giveUp = Date.now() + 3000;
    // Asks again and again, so that there are calls under way when it dies.
    const askOften = async (request) => {
      const ask = () =>
        call("AllocateNumber", request, { client: retrying, seconds: 20 });
      const answer = await ask();
      while (Date.now() < giveUp) assert.deepEqual(await ask(), answer);
      return answer.number;
    };
    const numbers = Array.from({ length: 40 }, () => askOften(visit()));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await killLeader();
    assert.equal(new Set(await Promise.all(numbers)).size, numbers.length);
  },
});
for (const client of [...clients, retrying]) client.close();
