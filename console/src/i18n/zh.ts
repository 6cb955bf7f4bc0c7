/** 简体中文。 */

import type { Texts } from "./text";
import { CLASS_RECORDS_ZH } from "./zh/class-records";
import { AUDIT_ZH } from "./zh/audit";
import { CLASSES_ZH } from "./zh/classes";
import { COURSEWARE_ZH } from "./zh/courseware";
import { ENTRY_ZH } from "./zh/entry";
import { OFFICE_ZH } from "./zh/office";
import { OPERATOR_ZH } from "./zh/operator";
import { SAFETY_ZH } from "./zh/safety";
import { STATUS_ZH } from "./zh/status";

export const ZH: Texts = {
  "app.name": "classgate",
  "app.skip": "跳到正文",
  "app.signOut": "退出登录",
  "app.theme": "浅色 / 深色",
  "app.language": "English",
  "app.languageHint": "切换到英文",
  "app.account": "我的账号",
  "app.unreachable": "无法连接服务器，请检查网络。数据没有丢失。",
  "app.tryAgain": "重试",
  "app.kicked": "你已被移出课堂，到 {time} 为止。课堂老师可以提前允许你进入。",
  "app.wait": "请在 {seconds} 秒后重试。",
  "app.requestId": "请求编号 {id}",
  "app.correct": "请改正：",
  "app.field": "{name}：",
  "app.notFound": "页面不存在。",
  "app.toStart": "返回首页",

  "role.admin": "管理员",
  "role.teacher": "教师",
  "role.student": "学生",

  "signIn.title": "登录",
  "signIn.identifier": "用户名",
  "signIn.password": "密码",
  "signIn.submit": "登录",
  "signIn.forgot": "忘记密码？请联系学校教务处重置。",
  "signIn.ended": "登录已失效，请重新登录后继续。",
  "signIn.uploadsWait":
    "上传已暂停。请以 {name} 重新登录，上传会自动继续，已上传的部分不会重传。",

  "account.title": "我的账号",
  "account.signedInAs": "当前登录：{name}",
  "account.password": "修改密码",
  "account.currentPassword": "当前密码",
  "account.newPassword": "新密码",
  "account.repeatPassword": "再次输入新密码",
  "account.passwordHint": "至少 10 个字符，用一句短语更容易记住。",
  "account.passwordsDiffer": "两次输入的新密码不一致。",
  "account.changePassword": "修改密码",
  "account.passwordChanged": "密码已修改，其他登录均已退出。",
  "account.sessions": "登录记录",
  "account.sessionsHint": "此账号当前登录的位置。如有不认识的登录，请将其退出。",
  "account.session.api": "应用",
  "account.session.console": "浏览器",
  "account.session.legacy": "旧版客户端",
  "account.session.current": "当前登录",
  "account.session.opened": "登录时间",
  "account.session.used": "最近使用",
  "account.session.expires": "到期时间",
  "account.session.end": "退出",
  "account.sessionEnded": "该登录已退出。",
  "account.more": "显示更多",

  ...AUDIT_ZH,
  ...CLASSES_ZH,
  ...CLASS_RECORDS_ZH,
  ...COURSEWARE_ZH,
  ...ENTRY_ZH,
  ...OFFICE_ZH,
  ...OPERATOR_ZH,
  ...SAFETY_ZH,
  ...STATUS_ZH,
};
