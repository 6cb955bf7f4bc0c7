/** Why an upload stopped, and what to do. */

import { type ProblemBody, Refusal, Unreachable } from "../../../api/client";
import { t } from "../../../i18n/text";
import { readableSize } from "../sizes";
import { StoreError } from "./bucket";
import { FileUnreadable } from "./upload";

/** Return the reason in the words of whoever uploads. */
export function reasonOf(error: Error): string {
  if (error instanceof Unreachable) return t("courseware.lineLost");
  if (error instanceof FileUnreadable) return t("courseware.fileUnreadable");
  if (error instanceof StoreError) return reasonOfStore(error);
  return error instanceof Refusal ? reasonOfProblem(error.problem) : error.message;
}

function reasonOfStore({ status, code }: StoreError): string {
  if (status === 0) return t("courseware.lineLost");
  if (status >= 500 || status === 429) return t("courseware.storeUnavailable");
  return t("courseware.storeRefused", { code: code || status });
}

function reasonOfProblem(problem: ProblemBody): string {
  const { reason, errors, detail, status } = problem;
  if (reason === "class_ended") return t("courseware.classEnded");
  if (status >= 500) return t("courseware.storeUnavailable");
  if (reason === "file_too_large") {
    const [limit] = /\d+/.exec(detail) ?? [];
    return limit ? t("courseware.tooLarge", { size: readableSize(Number(limit)) }) : detail;
  }
  return errors?.length ? errors.map(reasonOfField).join(" ") : detail;
}

function reasonOfField({ field, message }: { field: string; message: string }): string {
  if (field === "size") return t("courseware.emptyFile");
  // The message lists the extensions that the school accepts.
  const accepted = message.match(/\.[a-z0-9]+\b/g);
  if (field !== "content_type" || accepted === null) return message;
  return t("courseware.typeRefused", { accepted: accepted.join(" ") });
}
