/** English. */

import { CLASS_RECORDS_EN } from "./en/class-records";
import { AUDIT_EN } from "./en/audit";
import { CLASSES_EN } from "./en/classes";
import { COURSEWARE_EN } from "./en/courseware";
import { ENTRY_EN } from "./en/entry";
import { OFFICE_EN } from "./en/office";
import { OPERATOR_EN } from "./en/operator";
import { SAFETY_EN } from "./en/safety";
import { STATUS_EN } from "./en/status";

export const EN = {
  "app.name": "classgate",
  "app.skip": "Skip to the content",
  "app.signOut": "Sign out",
  "app.theme": "Light or dark",
  "app.language": "中文",
  "app.languageHint": "Switch to Chinese",
  "app.account": "My account",
  "app.unreachable": "The server cannot be reached. Check the connection; nothing was lost.",
  "app.tryAgain": "Try again",
  "app.kicked":
    "You were removed from this class until {time}. Whoever holds the class can let you in earlier.",
  "app.wait": "Try again in {seconds} seconds.",
  "app.requestId": "Request {id}",
  "app.correct": "Please correct this:",
  "app.field": "{name}: ",
  "app.notFound": "There is no such page.",
  "app.toStart": "To the start page",

  "role.admin": "Administrator",
  "role.teacher": "Teacher",
  "role.student": "Student",

  "signIn.title": "Sign in",
  "signIn.identifier": "User name",
  "signIn.password": "Password",
  "signIn.submit": "Sign in",
  "signIn.forgot": "Forgot the password? The school's office can set a new one.",
  "signIn.ended": "The session has ended. Sign in again to go on.",
  "signIn.uploadsWait":
    "Your uploads are paused. Sign in as {name} again and they go on; nothing is sent twice.",

  "account.title": "My account",
  "account.signedInAs": "Signed in as {name}",
  "account.password": "Change the password",
  "account.currentPassword": "Current password",
  "account.newPassword": "New password",
  "account.repeatPassword": "Repeat the new password",
  "account.passwordHint": "At least 10 characters. A short sentence is easy to remember.",
  "account.passwordsDiffer": "The two new passwords are not the same.",
  "account.changePassword": "Change the password",
  "account.passwordChanged": "The password was changed. All other sessions have ended.",
  "account.sessions": "Sessions",
  "account.sessionsHint": "Where this account is signed in. End what you do not know.",
  "account.session.api": "Application",
  "account.session.console": "Browser",
  "account.session.legacy": "Older client",
  "account.session.current": "this session",
  "account.session.opened": "Signed in",
  "account.session.used": "Last used",
  "account.session.expires": "Ends",
  "account.session.end": "End",
  "account.sessionEnded": "The session was ended.",
  "account.more": "Show more",

  ...AUDIT_EN,
  ...CLASSES_EN,
  ...CLASS_RECORDS_EN,
  ...COURSEWARE_EN,
  ...ENTRY_EN,
  ...OFFICE_EN,
  ...OPERATOR_EN,
  ...SAFETY_EN,
  ...STATUS_EN,
};
