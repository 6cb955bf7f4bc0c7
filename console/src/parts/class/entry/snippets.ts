/** The lines with which a client uses entry credentials; whole in enter-from-a-client.md. */

export const ROOM_LINES = `const trtc = TRTC.create();
await trtc.enterRoom({
  sdkAppId: entry.sdk_app_id,
  userId: entry.identifier,
  userSig: entry.user_sig,
  roomId: entry.room_id, // a number, so not strRoomId
  privateMapKey: entry.private_map_key,
  scene: TRTC.TYPE.SCENE_LIVE,
  role: entry.privilege_map & (4 | 16) ? TRTC.TYPE.ROLE_ANCHOR : TRTC.TYPE.ROLE_AUDIENCE,
});`;

export const CHAT_LINES = `const chat = TencentCloudChat.create({SDKAppID: entry.sdk_app_id});
const ready = new Promise((done) => chat.on(TencentCloudChat.EVENT.SDK_READY, done));
await chat.login({userID: entry.identifier, userSig: entry.user_sig});
await ready;
await chat.joinGroup({groupID: entry.groups.chat, type: TencentCloudChat.TYPES.GRP_AVCHATROOM});`;
