/** English: the pages of the office. */

export const OFFICE_EN = {
  "office.people": "People",
  "office.search": "Search",
  "office.searchHint": "Part of a user name or of a name",
  "office.role": "Role",
  "office.everyRole": "Every role",
  "office.state": "State",
  "office.everyState": "Every state",
  "office.enabled": "Active",
  "office.disabled": "Disabled",
  "office.identifier": "User name",
  "office.displayName": "Name",
  "office.actions": "Actions",
  "office.edit": "Change",
  "office.editOf": "Change {name}",
  "office.empty": "Nobody is here yet. Add somebody, or import a list.",
  "office.nothingFound": "Nobody fits. Search for another part of the name, or change the filters.",
  "office.looking": "Searching …",
  "office.more": "Show more",
  "office.shown": "{count} shown",
  "office.close": "Close",
  "office.cancel": "Cancel",
  "office.save": "Save",
  "office.print": "Print",
  "office.copy": "Copy",
  "office.copied": "Copied",
  "office.yourself": "you",

  "office.add": "Add somebody",
  "office.addSubmit": "Add",
  "office.addAnother": "Add another",
  "office.added": "{name} was added.",
  "office.identifierHint": "1 to 32 letters, digits, - and _. It stays for ever.",
  "office.displayNameHint": "As others see it. Empty for the user name.",
  "office.generate": "Generate the password",
  "office.password": "Password",
  "office.passwordHint": "10 to 128 characters. A short sentence is easy to remember.",

  "office.reset": "New password",
  "office.resetOf": "New password for {name}",
  "office.resetWarning":
    "The old password stops working, and every session of {name} ends. A new password is generated.",
  "office.resetSubmit": "Set a new password",
  "office.passwordOnce":
    "This password is shown only now. Hand it to its owner, who changes it after signing in.",
  "office.adminReset":
    "The password of an administrator is reset on the server: classgate accounts reset-password {name}",

  "office.details": "Name and role",
  "office.roleWarning": "With a new role, every session of this account ends.",
  "office.changed": "{name} was changed.",
  "office.own": "Your own role, state and account can only be changed by another administrator.",
  "office.access": "Access",
  "office.disableHint":
    "A disabled account cannot sign in. Its sessions end, and it is removed from every room.",
  "office.disable": "Disable",
  "office.enableHint": "This account is disabled. Enabled again, it signs in with its old password.",
  "office.enable": "Enable",
  "office.delete": "Delete",
  "office.deleteHint":
    "The name, the password and the places in classes are deleted for ever. Attendance and audit " +
    "keep a number. Disable an account that may come back.",
  "office.deleteConfirm": "Type {identifier} to confirm",
  "office.deleteSubmit": "Delete for ever",
  "office.deleted": "{name} was deleted.",

  "office.slipTitle": "Your account",
  "office.slipAddress": "Address",
  "office.slipHint": "Sign in and change the password under “My account”. Then destroy this slip.",
};
