/** The sections of a class's page, in order. Each is an element in a file of its own, with a
 * property `view`, loaded when it is opened at `#/classes/7/<name>`. */

import { html, type TemplateResult } from "lit";

import type { TextKey } from "../../i18n/text";
import type { ClassView } from "./view";

export interface ClassSection {
  /** In the address. */
  name: string;
  title: TextKey;
  /** The element, defined by `load`. */
  tag: string;
  isFor(view: ClassView): boolean;
  load(): Promise<unknown>;
  render(view: ClassView): TemplateResult;
}

export const SECTIONS: readonly ClassSection[] = [
  {
    name: "roster",
    title: "roster.title",
    tag: "cg-roster",
    isFor: (view) => view.may.readRoster,
    load: () => import("./roster"),
    render: (view) => html`<cg-roster .view=${view}></cg-roster>`,
  },
  {
    name: "courseware",
    title: "courseware.title",
    tag: "cg-courseware",
    isFor: (view) => view.may.readRoster, // whoever reads the one reads the other
    load: () => import("./courseware"),
    render: (view) => html`<cg-courseware .view=${view}></cg-courseware>`,
  },
  {
    name: "why",
    title: "why.title",
    tag: "cg-why",
    isFor: (view) => view.may.readRecords,
    load: () => import("./why"),
    render: (view) => html`<cg-why .view=${view}></cg-why>`,
  },
  {
    name: "attendance",
    title: "attendance.title",
    tag: "cg-attendance",
    isFor: (view) => view.may.readRecords,
    load: () => import("./attendance"),
    render: (view) => html`<cg-attendance .view=${view}></cg-attendance>`,
  },
  {
    name: "refusals",
    title: "classRefusals.title",
    tag: "cg-class-refusals",
    isFor: (view) => view.may.readRecords,
    load: () => import("./refusals"),
    render: (view) => html`<cg-class-refusals .view=${view}></cg-class-refusals>`,
  },
  {
    name: "entry",
    title: "entry.title",
    tag: "cg-entry",
    isFor: (view) => view.may.enter,
    load: () => import("./entry"),
    render: (view) => html`<cg-entry .view=${view}></cg-entry>`,
  },
];
