// Runs sentences that should be true, one after the other, and says which are.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const endpoints = process.env.QUORUMCALL_ENDPOINTS.split(",");
export const tenant = process.env.QUORUMCALL_TENANT;
/** Who vouches for the nodes; undefined: they speak cleartext. */
export const ca =
  process.env.QUORUMCALL_CACERT && readFileSync(process.env.QUORUMCALL_CACERT);
export const MIB = 1024 * 1024;

/**
 * |cases|: of each case its sentences, or a text: why this client cannot do it.
 * |also|: sentences of no case.
 */
export async function tell(cases, also = {}) {
  let failed = 0;
  for (const [name, sentences] of [...Object.entries(cases), ["", also]]) {
    const label = name && `[${name}] `;
    if (typeof sentences === "string") {
      console.log(`n/a    ${label}${sentences}`);
      continue;
    }
    for (const [sentence, check] of Object.entries(sentences)) {
      try {
        await check();
        console.log(`ok     ${label}${sentence}`);
      } catch (error) {
        failed++;
        console.log(`FAILED ${label}${sentence}: ${error.stack}`);
      }
    }
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

async function run(program, ...words) {
  return (await promisify(execFile)(program, words)).stdout;
}

/** What control.py does: "restart", 1. Nodes count from 1. */
export const control = (verb, node) =>
  run("/usr/bin/python3", fileURLToPath(new URL("control.py", import.meta.url)),
    verb, String(node));

const streams = async (node) => Number(await control("streams", node));

/** Waits until so many streams of clients are open on a node. */
export async function untilStreams(node, wanted) {
  const giveUp = Date.now() + 30_000;
  for (let n; (n = await streams(node)) !== wanted; ) {
    if (Date.now() > giveUp) throw new Error(`${n} streams, not ${wanted}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const qcctl = (...words) => run(process.env.QCCTL, ...words);

/** Ends the leader as a crash would. */
export const killLeader = () =>
  qcctl("dev", "kill", "leader", "--dir", process.env.CLUSTER_DIRECTORY);

let n = 0;

/** A phone that nobody else has asked with. (Ofcom keeps the range free.) */
export function freshPhone() {
  return `+447700900${String(n++).padStart(3, "0")}`;
}
