/** The text of a file, in the encodings that Excel writes. */

import { t } from "../../i18n/text";

export const MOST_BYTES = 1024 * 1024; // what the API takes at once

export interface ReadFile {
  text: string;
  /** Whether it was not UTF, and read as GBK. */
  isGbk: boolean;
}

const WORKBOOKS = [
  [0x50, 0x4b, 0x03, 0x04], // .xlsx and .ods
  [0xd0, 0xcf, 0x11, 0xe0], // .xls
];

/** Read a file as text. Throws an Error that says what to do. */
export async function readFile(file: Blob): Promise<ReadFile> {
  if (file.size > MOST_BYTES) throw new Error(t("import.tooLarge"));
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (WORKBOOKS.some((magic) => magic.every((each, place) => bytes[place] === each))) {
    throw new Error(t("import.isWorkbook"));
  }
  const text = decode(bytes, isUtf16(bytes) ?? "utf-8");
  if (text !== null) return { text, isGbk: false };
  const chinese = decode(bytes, "gb18030"); // GBK, and what came after it
  if (chinese === null) throw new Error(t("import.notText"));
  return { text: chinese, isGbk: true };
}

function isUtf16(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : null;
}

/** Decode without the byte order mark; null if it is not in this encoding. */
function decode(bytes: Uint8Array, encoding: string): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
