/** What the sections of a class are given: the class, who looks at it, and what they may do. */

import type { ClassroomDetails, Member } from "../../api/classes";
import type { Account } from "../../api/client";

export interface ClassView {
  classroom: ClassroomDetails;
  account: Account;
  may: ClassRights;
  /** The part of the address behind the section, such as a user name; empty if there is none. */
  argument: string;
}

/** What to offer. The server decides; see "Roles and rights" in http-api.md. */
export interface ClassRights {
  edit: boolean;
  start: boolean;
  end: boolean;
  readRoster: boolean;
  changeRoster: boolean;
  mute: boolean;
  /** Attendance, refusals, and why. */
  readRecords: boolean;
  changeHost: boolean;
  upload: boolean;
  enter: boolean;
}

export function isOver(classroom: ClassroomDetails): boolean {
  return classroom.state === "ended" || classroom.state === "replayable";
}

export function rightsOf(classroom: ClassroomDetails, account: Account): ClassRights {
  const isAdmin = account.role === "admin";
  const me = classroom.me?.kicked ? null : classroom.me;
  const isHost = me?.role === "host" && account.role === "teacher";
  const isStaff = isHost || me?.role === "assistant";
  const over = isOver(classroom);
  return {
    edit: (isHost || isAdmin) && !over,
    start: isHost && classroom.state === "created",
    end: (isHost || isAdmin) && classroom.state === "live",
    readRoster: me !== null || isAdmin,
    changeRoster: (isStaff || isAdmin) && !over,
    mute: isStaff && !over,
    readRecords: isStaff || isAdmin,
    changeHost: isAdmin && !over,
    upload: isStaff && !over,
    enter: !over && (me !== null || (classroom.open && !isAdmin)),
  };
}

/** Whether the viewer may change this member: assistants change students only. */
export function mayChange(view: ClassView, member: Member): boolean {
  if (!view.may.changeRoster || member.role === "host") return false;
  return member.role === "student" || isHostOrAdmin(view);
}

export function isHostOrAdmin(view: ClassView): boolean {
  return view.account.role === "admin" || view.classroom.me?.role === "host";
}
