// Runs sentences that should be true, one after the other, and says which are.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

export const endpoints = process.env.QUORUMCALL_ENDPOINTS.split(",");
export const tenant = process.env.QUORUMCALL_TENANT;

export async function tell(sentences) {
  let failed = 0;
  for (const [sentence, check] of Object.entries(sentences)) {
    try {
      await check();
      console.log(`ok     ${sentence}`);
    } catch (error) {
      failed++;
      console.log(`FAILED ${sentence}: ${error.stack}`);
    }
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

/** Ends the leader as a crash would. */
export function killLeader() {
  return promisify(execFile)(process.env.QCCTL, [
    "dev", "kill", "leader", "--dir", process.env.CLUSTER_DIRECTORY,
  ]);
}

let n = 0;

/** A phone that nobody else has asked with. (Ofcom keeps the range free.) */
export function freshPhone() {
  return `+447700900${String(n++).padStart(3, "0")}`;
}
