/** The checks of the emulator: it answers as Tencent Cloud would answer a client's SDK. */

import { Unreachable } from "../../../api/client";
import type { EntryCredentials } from "./privileges";

export interface Check {
  /** 0: accepted. */
  code: number;
  message?: string;
}

/** Log in to IM with the UserSig. Throws Unreachable. */
export function checkLogin(emulator: string, entry: EntryCredentials): Promise<Check> {
  const { sdk_app_id, identifier, user_sig } = entry;
  return ask(`${emulator}/_emulator/login`, { sdk_app_id, identifier, user_sig });
}

/** Enter the room with the PrivateMapKey. Throws Unreachable. */
export function checkRoom(emulator: string, entry: EntryCredentials): Promise<Check> {
  const { sdk_app_id, identifier, user_sig, private_map_key, room_id } = entry;
  return ask(`${emulator}/_emulator/enter-room`, {
    sdk_app_id,
    identifier,
    user_sig,
    private_map_key,
    room_id,
  });
}

async function ask(address: string, body: object): Promise<Check> {
  const headers = { "Content-Type": "application/json" };
  try {
    const sent = { method: "POST", headers, body: JSON.stringify(body) };
    return (await (await fetch(address, sent)).json()) as Check;
  } catch (error) {
    throw new Unreachable(String(error));
  }
}
