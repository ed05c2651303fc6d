// Calls by grpc-js with the published service config until standard input ends;
// then tells how many, how long they took, and which failed, as JSON.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const CALLERS = 4;
const [endpoints, tenant] = process.argv.slice(2);
const root = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const definition = loader.loadSync("quorumcall/v1/number_service.proto", {
  includeDirs: [root("proto")], keepCase: true, longs: String, enums: String,
});
const { NumberService } = grpc.loadPackageDefinition(definition).quorumcall.v1;
const client = new NumberService(`ipv4:${endpoints}`, grpc.credentials.createInsecure(), {
  "grpc.service_config": readFileSync(root("client/examples/service_config.json"), "utf8"),
});
const metadata = new grpc.Metadata();
metadata.set("x-tenant", tenant);

const told = { milliseconds: [], failures: [] };
let over = false;
let n = 0;
process.stdin.on("end", () => (over = true)).resume();

const call = (method, request) =>
  new Promise((resolve) => {
    const began = performance.now();
    const whole = {
      ...request, client_id: randomUUID(), request_id: "1", client_ts_ms: Date.now(),
    };
    client[method](whole, metadata, { deadline: Date.now() + 10_000 }, (error, answer) => {
      told.milliseconds.push(performance.now() - began);
      if (error) told.failures.push(`${method}: ${error.message}`);
      resolve(answer);
    });
  });

async function visitors() {
  while (!over) {
    const phone = `+44141496${String(n++ % 10_000).padStart(4, "0")}`;
    const got = await call("AllocateNumber", {
      subject: "sales", origin: "ORIGIN_WEB", customer_phone: phone,
    });
    if (got) await call("ReleaseAllocation", { allocation_id: got.allocation_id });
  }
}

await Promise.all(Array.from({ length: CALLERS }, visitors));
client.close();
console.log(JSON.stringify(told));
