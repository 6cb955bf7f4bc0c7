/** Sends a file to the bucket with Tencent's SDK, which is loaded when somebody uploads. */

import type COS from "cos-js-sdk-v5";

import { Unreachable } from "../../../api/client";
import type { components } from "../../../api/schema";

export type UploadGrant = components["schemas"]["UploadCredentials"];

/** The store refused a request, or did not answer: `status` 0. */
export class StoreError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}

export interface Sending {
  file: File;
  /** The credentials to use now, renewed if they age. What it throws ends the sending. */
  credentials(): Promise<UploadGrant>;
  onProgress(sent: number): void;
  /** Aborted: nothing more is sent. What is stored stays. */
  signal: AbortSignal;
}

/** Send the file; parts that the bucket has are not sent again. Throws StoreError. */
export async function sendToBucket(sending: Sending): Promise<void> {
  const grant = await sending.credentials();
  const Sdk = await loadSdk();
  sending.signal.throwIfAborted();
  const bucket = new URL(grant.bucket_url);
  let refusal: unknown;
  const cos = new Sdk({
    Protocol: bucket.protocol,
    Domain: bucket.host,
    ProgressInterval: 250,
    getAuthorization(_options, callback) {
      sending.credentials().then(
        (current) => callback(authorizationOf(current)),
        (error: unknown) => {
          refusal = error;
          // The SDK waits for ever without an answer; its types know no refusal.
          callback({ error } as unknown as COS.GetAuthorizationCallbackParams);
        },
      );
    },
  });
  let taskId = "";
  const sent = cos.uploadFile({
    Bucket: grant.bucket,
    Region: grant.region,
    Key: grant.object_key ?? "",
    Body: sending.file,
    onTaskReady: (id) => {
      taskId = id;
    },
    onProgress: ({ loaded }) => sending.onProgress(loaded),
  });
  try {
    await Promise.race([sent, aborted(sending.signal)]);
  } catch (error) {
    // Not pauseTask: a paused task keeps its parts to itself. The bucket keeps them all the same.
    if (sending.signal.aborted) cos.cancelTask(taskId);
    throw refusal ?? storeErrorOf(error);
  }
}

/** Load the SDK. Throws Unreachable. */
async function loadSdk(): Promise<typeof COS> {
  try {
    return (await import("cos-js-sdk-v5")).default;
  } catch (error) {
    throw new Unreachable(String(error));
  }
}

function authorizationOf(grant: UploadGrant): COS.GetAuthorizationCallbackParams {
  return {
    TmpSecretId: grant.credentials.tmpSecretId,
    TmpSecretKey: grant.credentials.tmpSecretKey,
    SecurityToken: grant.credentials.sessionToken,
    StartTime: grant.startTime,
    ExpiredTime: grant.expiredTime,
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function storeErrorOf(error: unknown): StoreError {
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  return new StoreError(statusCode ?? 0, code ?? "");
}
