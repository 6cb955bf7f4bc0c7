/** The classes and their members, as the pages of a class call them. */

import { api, read } from "./client";
import type { components } from "./schema";

export type Classroom = components["schemas"]["Classroom"];
export type ClassroomDetails = components["schemas"]["ClassroomDetails"];
export type ClassState = components["schemas"]["ClassroomState"];
export type Member = components["schemas"]["Member"];
export type NewMember = components["schemas"]["NewMember"];
export type AssignableRole = NewMember["role"];

const LARGEST_PAGE = 100;

interface PageOf<T> {
  items: T[];
  next_cursor: string | null;
}

interface Paging {
  limit: number;
  cursor?: string;
}

/** Return the items of all pages, at most `most` of them. */
export async function readPages<T>(
  fetchPage: (paging: Paging) => Promise<PageOf<T>>,
  most: number,
): Promise<{ items: T[]; isAll: boolean }> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const paging: Paging = { limit: Math.min(LARGEST_PAGE, most - items.length) };
    const page: PageOf<T> = await fetchPage(cursor === null ? paging : { ...paging, cursor });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null && items.length < most);
  return { items, isAll: cursor === null };
}

/** Return the classes in a state, the newest first. */
export function listClasses(state: ClassState, most: number) {
  return readPages(
    (paging) => read(api.GET("/v1/classrooms", { params: { query: { state, ...paging } } })),
    most,
  );
}

/** Return the roster by name. */
export function listMembers(classroom_id: number, most: number, online?: boolean) {
  const path = { classroom_id };
  const filter = online === undefined ? {} : { online };
  return readPages(
    (paging) =>
      read(
        api.GET("/v1/classrooms/{classroom_id}/members", {
          params: { path, query: { ...filter, ...paging } },
        }),
      ),
    most,
  );
}

const MOST_MEMBERS = 5000;

/** Return somebody of the roster; undefined for one who is not on it. */
export async function findMember(
  classroom_id: number,
  identifier: string,
): Promise<Member | undefined> {
  const { items } = await listMembers(classroom_id, MOST_MEMBERS);
  return items.find((each) => each.identifier.toLowerCase() === identifier.toLowerCase());
}

/** Add somebody, change their place, or let them in again after a kick. */
export async function setMember(
  classroom_id: number,
  identifier: string,
  role: AssignableRole,
  on_stage = false,
): Promise<void> {
  await read(
    api.PUT("/v1/classrooms/{classroom_id}/members/{identifier}", {
      params: { path: { classroom_id, identifier } },
      body: { role, on_stage },
    }),
  );
}

/** Start a class. */
export async function startClass(classroom_id: number): Promise<void> {
  const params = { path: { classroom_id } };
  await read(api.POST("/v1/classrooms/{classroom_id}/start", { params }));
}

/** Change the title, the times, or who may enter. */
export async function changeClass(
  classroom_id: number,
  body: components["schemas"]["UpdateClassroomRequest"],
): Promise<void> {
  const params = { path: { classroom_id } };
  await read(api.PATCH("/v1/classrooms/{classroom_id}", { params, body }));
}

/** Whether a kick bars the member at this time. */
export function isBarred(member: Member): boolean {
  return (
    member.kicked && (member.kicked_until === null || member.kicked_until * 1000 > Date.now())
  );
}
