// @grpc/grpc-js, with messages made from proto/ as it stands.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, anyUnpack } from "@bufbuild/protobuf/wkt";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

import {
  MIB, ca, control, endpoints, freshPhone, killLeader, tell, tenant, untilStreams,
} from "./sentences.mjs";

const root = fileURLToPath(new URL("../../proto", import.meta.url));
const definition = loader.loadSync(
  ["number_service", "watch_service"].map((name) => `quorumcall/v1/${name}.proto`),
  { includeDirs: [root], keepCase: true, longs: String, enums: String, defaults: true },
);
const { NumberService, WatchService } = grpc.loadPackageDefinition(definition).quorumcall.v1;
const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(process.env.CLUSTER_SCHEMA)),
);
const clientId = randomUUID();
let nRequests = 0;

const credentials = ca ? grpc.credentials.createSsl(ca) : grpc.credentials.createInsecure();
const clients = endpoints.map((endpoint) => new NumberService(endpoint, credentials));
const watcher = new WatchService(endpoints[0], credentials);

// All nodes in turn. What a node cannot do now is asked of another, by gRPC's
// own rules. A list of addresses has no name that certificates could bear: it is
// said.
const serviceConfig = readFileSync(
  new URL("../../client/examples/service_config.json", import.meta.url), "utf8",
);
const retrying = new NumberService(`ipv4:${endpoints.join(",")}`, credentials, {
  "grpc.service_config": serviceConfig,
  "grpc.default_authority": "localhost",
});

function metadata() {
  const fields = new grpc.Metadata();
  fields.set("x-tenant", tenant);
  return fields;
}

function call(method, request, { client = clients[0], seconds = 10 } = {}) {
  return new Promise((resolve, reject) => {
    client[method](
      request,
      metadata(),
      { deadline: Date.now() + seconds * 1000 },
      (error, response) => (error ? reject(error) : resolve(response)),
    );
  });
}

function visit(fields = {}) {
  return {
    subject: "sales",
    customer_phone: freshPhone(),
    origin: "ORIGIN_WEB",
    client_id: clientId,
    request_id: String(++nRequests),
    client_ts_ms: String(Date.now()),
    ...fields,
  };
}

/** Begins to watch; gives the stream, and the events that come. */
async function watch(seconds = 20) {
  const stream = watcher.WatchEvents({}, metadata(), {
    deadline: Date.now() + seconds * 1000,
  });
  stream.on("error", () => {}); // The iterator tells it too.
  const events = stream[Symbol.asyncIterator]();
  assert.equal((await events.next()).value.kind, "HEARTBEAT");
  return { stream, events };
}

const cases = {
  unary: {
    "a visit gets a number, and its call is matched at another node": async () => {
      const phone = freshPhone();
      const got = await call("AllocateNumber", visit({ customer_phone: phone }));
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

    "two thousand calls at once are all answered": async () => {
      const answers = await Promise.all(
        Array.from({ length: 2000 }, (_, i) =>
          call("ListAllocations", { page_size: 1 }, {
            client: clients[i % clients.length], seconds: 40,
          })),
      );
      assert.equal(new Set(answers.map((answer) => answer.items[0].allocation_id)).size, 1);
    },
  },

  stream: {
    "what is done is told to who watches": async () => {
      const { stream, events } = await watch();
      const got = await call("AllocateNumber", visit());
      let event;
      do event = (await events.next()).value; while (event.kind === "HEARTBEAT");
      assert.equal(event.kind, "AllocateNumber");
      assert.equal(event.object, got.allocation_id);
      stream.cancel();
    },
  },

  deadline: {
    "a deadline that has passed ends the call": async () => {
      await assert.rejects(call("AllocateNumber", visit(), { seconds: -1 }), {
        code: grpc.status.DEADLINE_EXCEEDED,
      });
    },

    "a stream ends when its deadline comes, and not before": async () => {
      const began = Date.now();
      const { events } = await watch(1.5);
      await assert.rejects(
        (async () => { while (!(await events.next()).done); })(),
        { code: grpc.status.DEADLINE_EXCEEDED },
      );
      assert.ok(Date.now() - began > 1400);
      assert.ok(Date.now() - began < 4000);
    },
  },

  cancel: {
    "a call that is cancelled ends, and the next one works": async () => {
      const ended = new Promise((resolve) => {
        clients[0]
          .AllocateNumber(visit(), metadata(), (error) => resolve(error.code))
          .cancel();
      });
      assert.equal(await ended, grpc.status.CANCELLED);
      await call("ListAllocations", { page_size: 1 });
    },

    "a stream that is cancelled is closed on the node": async () => {
      await untilStreams(1, 0);
      const { stream } = await watch();
      await untilStreams(1, 1);
      stream.cancel();
      await untilStreams(1, 0);
    },
  },

  large: {
    "3 MiB get in, and the largest page out; 5 MiB are refused": async () => {
      const answer = await call("ListAllocations", { page_size: 500 });
      const size = NumberService.service.ListAllocations.responseSerialize(answer).length;
      assert.ok(size > 1.5 * MIB && answer.next_token, String(size));
      await assert.rejects(
        call("AllocateNumber", visit({ first_name: "x".repeat(3 * MIB) })),
        { code: grpc.status.INVALID_ARGUMENT, details: /first_name/ },
      );
      await assert.rejects(
        call("AllocateNumber", visit({ first_name: "x".repeat(5 * MIB) })),
        { code: grpc.status.RESOURCE_EXHAUSTED },
      );
      await call("ListAllocations", { page_size: 1 });
    },
  },

  detail: {
    "a refusal tells status, reason and field": async () => {
      const request = visit({ customer_phone: "nobody" });
      await assert.rejects(call("AllocateNumber", request), (error) => {
        assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
        assert.match(error.details, /customer_phone/);
        const status = fromBinary(
          registry.getMessage("google.rpc.Status"),
          error.metadata.get("grpc-status-details-bin")[0],
        );
        const [info, bad] = status.details.map((detail) => anyUnpack(detail, registry));
        assert.equal(info.reason, "INVALID_PHONE");
        assert.deepEqual(bad.fieldViolations.map(({ field }) => field), ["customer_phone"]);
        return true;
      });
    },
  },

  drain: {
    "while a node is drained and started again, no call fails": async () => {
      const request = visit();
      let over = false;
      const askOften = async () => {
        const answers = new Set();
        while (!over) answers.add((await call("AllocateNumber", request, { client: retrying })).number);
        return answers;
      };
      const asking = Array.from({ length: 4 }, askOften);
      await Promise.race([control("restart", 2), ...asking]);
      over = true;
      const numbers = (await Promise.all(asking)).flatMap((answers) => [...answers]);
      assert.equal(new Set(numbers).size, 1);
    },
  },
};

await tell(cases, {
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
for (const client of [...clients, retrying, watcher]) client.close();
