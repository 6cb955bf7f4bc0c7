/** 简体中文：登录安全。 */

import type { SAFETY_EN } from "../en/safety";

export const SAFETY_ZH: Record<keyof typeof SAFETY_EN, string> = {
  "code.label": "身份验证器的验证码",
  "code.hint": "6 位数字，每 30 秒更换一次。",
  "confirm.title": "请再次输入密码",
  "confirm.why": "此操作会更改账号，请再次输入您的密码。确认后十分钟内有效。",
  "confirm.password": "您的密码",
  "confirm.submit": "确认",
  "confirm.cancel": "取消",
  "confirm.cancelled": "没有确认密码，未做任何更改。请重试。",
  "signIn.codeTitle": "两步验证",
  "signIn.back": "换一个账号登录",
  "signIn.lostDevice": "设备丢失？请服务器运维人员清除两步验证。",
  "secondFactor.title": "两步验证",
  "secondFactor.why": "登录时除密码外，还需要身份验证器的验证码。",
  "secondFactor.forcedTitle": "设置两步验证",
  "secondFactor.forcedWhy":
    "管理员登录时除密码外还需要验证码。请在手机上准备一个身份验证器，例如 Microsoft Authenticator、Google Authenticator 或 Aegis。",
  "secondFactor.on": "已启用",
  "secondFactor.off": "未设置",
  "secondFactor.setUp": "设置",
  "secondFactor.replace": "更换",
  "secondFactor.remove": "关闭",
  "secondFactor.scan": "用身份验证器扫描二维码。",
  "secondFactor.qrCode": "身份验证器密钥的二维码",
  "secondFactor.orType": "或者在验证器中手动输入密钥（只显示这一次）：",
  "secondFactor.typeCode": "输入验证器当前显示的验证码。",
  "secondFactor.confirm": "确认",
  "secondFactor.cancel": "取消",
  "secondFactor.until": "请在 {time} 之前确认。",
  "secondFactor.done": "两步验证已启用，您在其他浏览器的登录均已退出。",
  "secondFactor.removed": "两步验证已关闭。",
  "secondFactor.removeTitle": "关闭两步验证？",
  "secondFactor.removeWarning": "关闭后，知道您密码的人就能以您的身份登录。",
};
