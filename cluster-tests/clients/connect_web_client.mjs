// connect-web in headless Chromium, on pages of other origins than the nodes.
import assert from "node:assert/strict";
import { X509Certificate, createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import {
  MIB, control, endpoints, freshPhone, qcctl, tell, tenant, untilStreams,
} from "./sentences.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const modules = {
  "@bufbuild/protobuf": "@bufbuild/protobuf/dist/esm/index.js",
  "@bufbuild/protobuf/codegenv2": "@bufbuild/protobuf/dist/esm/codegenv2/index.js",
  "@bufbuild/protobuf/reflect": "@bufbuild/protobuf/dist/esm/reflect/index.js",
  "@bufbuild/protobuf/wire": "@bufbuild/protobuf/dist/esm/wire/index.js",
  "@bufbuild/protobuf/wkt": "@bufbuild/protobuf/dist/esm/wkt/index.js",
  "@connectrpc/connect": "@connectrpc/connect/dist/esm/index.js",
  "@connectrpc/connect/protocol": "@connectrpc/connect/dist/esm/protocol/index.js",
  "@connectrpc/connect/protocol-connect":
    "@connectrpc/connect/dist/esm/protocol-connect/index.js",
  "@connectrpc/connect/protocol-grpc-web":
    "@connectrpc/connect/dist/esm/protocol-grpc-web/index.js",
  "@connectrpc/connect-web": "@connectrpc/connect-web/dist/esm/index.js",
};
const imports = Object.fromEntries(
  Object.entries(modules).map(([name, file]) => [name, `/node_modules/${file}`]),
);
const page = `<!doctype html><meta charset="utf-8"><title>A shop</title>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module" src="/connect_web_page.mjs"></script>`;

/** A web site. Every name below localhost leads to it, and is an origin. */
const site = http.createServer((request, response) => {
  const wanted = path.normalize(new URL(request.url, "http://site").pathname);
  const send = (type, body) => {
    response.setHeader("content-type", type);
    response.end(body);
  };
  try {
    if (wanted === "/") send("text/html", page);
    else if (wanted === "/settings") {
      send("application/json", JSON.stringify({ endpoints, tenant }));
    } else if (wanted === "/schema") {
      send("application/octet-stream", readFileSync(process.env.CLUSTER_SCHEMA));
    } else send("text/javascript", readFileSync(path.join(here, wanted)));
  } catch {
    response.statusCode = 404;
    response.end();
  }
});
await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
const originOf = (name) => `http://${name}.localhost:${site.address().port}`;

// The browser is told the nodes' own certificates: it has no place for another
// authority but the user's.
const pins = endpoints.map((_, i) => {
  const file = path.join(process.env.CLUSTER_DIRECTORY, `certs/node-${i + 1}.pem`);
  const key = new X509Certificate(readFileSync(file)).publicKey;
  return createHash("sha256")
    .update(key.export({ type: "spki", format: "der" })).digest("base64");
});
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [`--ignore-certificate-errors-spki-list=${pins.join(",")}`],
});

async function open(name) {
  const tab = await browser.newPage();
  tab.on("pageerror", (error) => console.log(`page: ${error.stack}`));
  await tab.goto(originOf(name));
  await tab.waitForFunction(() => window.ready);
  return tab;
}

await qcctl("origin", "set", "--tenant", tenant, "--origins", originOf("shop"));
const shop = await open("shop");

const ask = (path, request, options, tab = shop) =>
  tab.evaluate((words) => window.ask(...words), [path, request, options]);
const next = () => shop.evaluate(() => window.next());

async function answered(...words) {
  const { answer, error } = await ask(...words);
  assert.equal(error, undefined, JSON.stringify(error));
  return answer;
}

async function watch(options) {
  await shop.evaluate((words) => window.watch(words), options);
  assert.equal((await next()).event?.kind, "HEARTBEAT");
}

const visit = (fields = {}) => ({
  subject: "sales", customerPhone: freshPhone(), origin: "ORIGIN_WEB", ...fields,
});

const cases = {
  unary: {
    "a visit gets a number, and another node shows it": async () => {
      const got = await answered("NumberService/AllocateNumber", visit());
      const shown = await answered(
        "NumberService/GetAllocation", { allocationId: got.allocationId }, { node: 1 },
      );
      assert.equal(shown.allocation.number, got.number);
    },

    "protobuf will do as well": async () => {
      const got = await answered("NumberService/AllocateNumber", visit(), { binary: true });
      assert.match(got.number, /^\+4420/);
    },
  },

  stream: {
    "what is done is told to who watches": async () => {
      for (const binary of [false, true]) {
        await watch({ binary });
        const got = await answered("NumberService/AllocateNumber", visit());
        let event;
        do ({ event } = await next()); while (event.kind === "HEARTBEAT");
        assert.equal(event.kind, "AllocateNumber");
        assert.equal(event.object, got.allocationId);
        await shop.evaluate(() => window.abort());
      }
    },
  },

  deadline: {
    "a stream ends when its deadline comes, and not before": async () => {
      const began = Date.now();
      await watch({ timeoutMs: 1500 });
      let told;
      do told = await next(); while (told.event);
      assert.equal(told.error.code, "DeadlineExceeded");
      assert.ok(Date.now() - began > 1400);
      assert.ok(Date.now() - began < 5000);
    },
  },

  cancel: {
    "a stream that is aborted is closed on the node": async () => {
      await untilStreams(1, 0);
      await watch({});
      await untilStreams(1, 1);
      await shop.evaluate(() => window.abort());
      await untilStreams(1, 0);
      await answered("NumberService/ListAllocations", { pageSize: 1 });
    },
  },

  large: {
    "3 MiB get in as protobuf and out as JSON; 5 MiB are refused": async () => {
      const answer = await answered("NumberService/ListAllocations", { pageSize: 500 });
      assert.ok(JSON.stringify(answer).length > 3 * MIB);
      const named = (size, binary) =>
        ask("NumberService/AllocateNumber", visit({ firstName: "x".repeat(size) }), { binary });
      const whole = await named(3 * MIB, true);
      assert.equal(whole.error.code, "InvalidArgument");
      assert.deepEqual(whole.error.fields, ["first_name"]);
      assert.equal((await named(5 * MIB, true)).error.code, "ResourceExhausted");
      assert.equal((await named(2 * MIB, false)).error.code, "ResourceExhausted");
    },
  },

  detail: {
    "a refusal tells reason and field": async () => {
      const { error } = await ask(
        "NumberService/AllocateNumber", visit({ customerPhone: "nobody" }),
      );
      assert.equal(error.code, "InvalidArgument");
      assert.equal(error.reason, "INVALID_PHONE");
      assert.deepEqual(error.fields, ["customer_phone"]);
    },
  },

  drain: {
    "while a node is drained and started again, every call is answered": async () => {
      const request = visit({
        clientId: "shop", requestId: "1", clientTsMs: String(Date.now()),
      });
      const numbers = new Set();
      let over = false;
      const asking = (async () => {
        while (!over) {
          const { answer, error } = await shop.evaluate(
            (words) => window.askAny("NumberService/AllocateNumber", words), request,
          );
          assert.equal(error, undefined, JSON.stringify(error));
          numbers.add(answer.number);
        }
      })();
      await Promise.race([control("restart", 1), asking]);
      over = true;
      await asking;
      assert.equal(numbers.size, 1);
    },
  },
};

await tell(cases, {
  "a page of an origin that is not on the list learns nothing, until it is": async () => {
    const stranger = await open("stranger");
    const look = () =>
      ask("NumberService/ListAllocations", { pageSize: 1 }, {}, stranger);
    const { error } = await look();
    assert.match(error.message, /Failed to fetch/);
    await qcctl("origin", "set", "--tenant", tenant,
      "--origins", originOf("shop"), "--origins", originOf("stranger"));
    assert.equal((await look()).error, undefined);
    await stranger.close();
  },
});
await browser.close();
site.close();
