// What runs in the browser: connect-web, as any page would use it. The test at
// its other end (connect_web_client.mjs) calls what is put into |window|.
import { createFileRegistry, fromBinary, fromJson, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

const read = async (path) => (await fetch(path)).arrayBuffer();
const { endpoints, tenant } = JSON.parse(new TextDecoder().decode(await read("/settings")));
const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, new Uint8Array(await read("/schema"))),
);

const withTenant = (next) => (request) => {
  request.header.set("x-tenant", tenant);
  return next(request);
};

/** [a client of |service| at |node|, its |method|] */
function find(path, { node = 0, binary = false }) {
  const [service, name] = path.split("/");
  const descriptor = registry.getService(`quorumcall.v1.${service}`);
  const method = descriptor.methods.find((one) => one.name === name);
  const transport = createConnectTransport({
    baseUrl: `https://${endpoints[node]}`,
    useBinaryFormat: binary,
    interceptors: [withTenant],
  });
  return [createClient(descriptor, transport), method];
}

/** An error, as a test can read it. */
function explain(reason) {
  const error = ConnectError.from(reason);
  const details = (type) => error.findDetails(registry.getMessage(`google.rpc.${type}`))[0];
  return {
    code: Code[error.code],
    message: error.message,
    reason: details("ErrorInfo")?.reason,
    fields: details("BadRequest")?.fieldViolations.map(({ field }) => field),
  };
}

/** {answer} or {error} of a unary call. */
window.ask = async (path, request, options = {}) => {
  const [client, method] = find(path, options);
  try {
    const answer = await client[method.localName](fromJson(method.input, request), options);
    return { answer: toJson(method.output, answer) };
  } catch (error) {
    return { error: explain(error) };
  }
};

const ofTransport = [Code[Code.Unavailable], Code[Code.Unknown]];

/** The same of whichever node answers. A node that is gone is told by the
 * browser as "failed to fetch", which connect-web calls unknown; since
 * |request| has its ids, it is safe to ask again. */
window.askAny = async (path, request) => {
  let told;
  for (let turn = 0; turn < 40; turn++) {
    told = await window.ask(path, request, { node: turn % endpoints.length });
    if (!told.error || !ofTransport.includes(told.error.code)) return told;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return told;
};

let watch;

/** Begins to watch what happens. */
window.watch = (options = {}) => {
  const [client, method] = find("WatchService/WatchEvents", options);
  const controller = new AbortController();
  const stream = client[method.localName]({}, { ...options, signal: controller.signal });
  watch = { controller, events: stream[Symbol.asyncIterator](), method };
};

/** {event}, {error}, or {} at the end. */
window.next = async () => {
  try {
    const { done, value } = await watch.events.next();
    return done ? {} : { event: toJson(watch.method.output, value) };
  } catch (error) {
    return { error: explain(error) };
  }
};

window.abort = () => watch.controller.abort();
window.ready = true;
