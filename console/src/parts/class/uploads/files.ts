/** The files of what was dropped: files, and folders with all that is in them. */

/** Systems put these into folders; nobody means to upload them. */
const OF_THE_SYSTEM = /^(\..*|Thumbs\.db|desktop\.ini)$/i;

/** Return the files. Read `items` at once: they are gone when the event is over. */
export async function filesOf(data: DataTransfer): Promise<File[]> {
  const entries = [...data.items].map((each) => each.webkitGetAsEntry());
  const plain = [...data.files];
  if (!entries.some((each) => each?.isDirectory)) return plain;
  const found = await Promise.all(entries.map((each) => (each ? filesIn(each) : [])));
  return found.flat();
}

/** Return the files of a chosen folder that a person means. */
export function withoutSystemFiles(files: Iterable<File>): File[] {
  return [...files].filter((each) => !OF_THE_SYSTEM.test(each.name));
}

async function filesIn(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return withoutSystemFiles([file]);
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: File[] = [];
  for (;;) {
    // At most 100 at a time, until none is left.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return found;
    for (const each of some) found.push(...(await filesIn(each)));
  }
}
