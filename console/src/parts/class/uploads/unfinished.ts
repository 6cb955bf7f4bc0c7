/** The unfinished uploads of a class, kept by the browser, so that they continue after a reload. */

export interface UnfinishedUpload {
  uploadId: string;
  name: string;
  size: number;
  lastModified: number;
}

/** Return whether the file is the one of the upload; browsers give back no file after a reload. */
export function isSameFile(upload: UnfinishedUpload, file: File): boolean {
  return (
    upload.name === file.name &&
    upload.size === file.size &&
    upload.lastModified === file.lastModified
  );
}

const KEYS = "classgate.uploads";

/** Whether an account has unfinished uploads in this browser. */
export function hasUnfinishedUploads(identifier: string): boolean {
  return Object.keys(localStorage).some((key) => key.startsWith(`${KEYS}/${identifier}/`));
}

/** The uploads of one account in one class. */
export class UnfinishedUploads {
  private readonly key: string;

  constructor(identifier: string, classroomId: number) {
    this.key = `${KEYS}/${identifier}/${classroomId}`;
  }

  list(): UnfinishedUpload[] {
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(this.key) ?? "[]");
      return Array.isArray(kept) ? kept.filter(isUnfinishedUpload) : [];
    } catch {
      return []; // not ours
    }
  }

  add(upload: UnfinishedUpload): void {
    this.write([...this.list(), upload]);
  }

  remove(uploadId: string): void {
    this.write(this.list().filter((each) => each.uploadId !== uploadId));
  }

  private write(uploads: UnfinishedUpload[]): void {
    try {
      if (uploads.length === 0) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, JSON.stringify(uploads));
    } catch {
      // Full, or forbidden: the upload goes on, and starts anew after a reload.
    }
  }
}

function isUnfinishedUpload(kept: unknown): kept is UnfinishedUpload {
  const { uploadId, name, size, lastModified } = (kept ?? {}) as Record<string, unknown>;
  return (
    typeof uploadId === "string" &&
    typeof name === "string" &&
    typeof size === "number" &&
    typeof lastModified === "number"
  );
}
