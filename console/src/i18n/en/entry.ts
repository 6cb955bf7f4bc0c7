/** English: entering a class. */

export const ENTRY_EN = {
  "entry.title": "Enter",
  "entry.intro":
    "The classroom's application enters by itself. Here you see what it is given, and whether it works.",
  "entry.enter": "Enter",
  "entry.enterAgain": "Enter again",
  "entry.renew": "Renew",
  "entry.renewed": "The entry credentials were renewed, with the rights of now.",
  "entry.holds": "What the entry credentials hold",
  "entry.role": "Role",
  "entry.room": "Room",
  "entry.chat": "Chat group",
  "entry.allowed": "Allowed in the room",
  "entry.privilege.createRoom": "create the room",
  "entry.privilege.enterRoom": "enter the room",
  "entry.privilege.sendAudio": "send audio",
  "entry.privilege.receiveAudio": "hear the others",
  "entry.privilege.sendVideo": "send video",
  "entry.privilege.receiveVideo": "see the others",
  "entry.privilege.sendSubstream": "share the screen",
  "entry.privilege.receiveSubstream": "see shared screens",
  "entry.until": "valid until {time}",
  "entry.refresh": "Renewal",
  "entry.refreshHint":
    "From {time} on, or when the role changes; each time it is decided anew whether you may enter.",
  "entry.secretHint":
    "Whoever has these two can enter in your name until they end. Do not send them to anybody.",
  "entry.show": "Show the credentials",
  "entry.hide": "Hide the credentials",
  "entry.copyOf": "Copy {name}",
  "entry.emulator": "Check with the emulator",
  "entry.emulatorHint":
    "This is the demo: the emulator stands in for Tencent Cloud and verifies the credentials as it would.",
  "entry.check": "Log in and enter the room",
  "entry.login": "Log-in to IM with the UserSig",
  "entry.enterRoom": "Entry into the TRTC room with the PrivateMapKey",
  "entry.accepted": "accepted",
  "entry.refused": "refused: {code}",
  "entry.client": "For developers of a client",
  "entry.clientHint":
    "entry is the answer of POST /v1/classrooms/…/entry. The whole module is in “Enter a class from a client”.",
};
