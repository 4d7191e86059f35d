// What the metrics explorer is asked, as its address says it: a link that is shared opens the same, and back works.
import { useEffect, useState } from "react";
import type { Cell, MetricAnswer } from "./api";

export type Every = MetricAnswer["every"];

export interface Asked {
  names: string[];
  by: string | null;
  segment: string | null;
  from: string | null;
  to: string | null;
  every: Every;
  today: boolean;
}

/** The value of which one looks who is behind it. */
export type Behinds = Pick<Cell, "metric" | "group" | "period">;

export const ROOM = "metrics";
export const USUAL: Asked = { names: [], by: null, segment: null, from: null, to: null, every: "month", today: false };

/** The address of a question; also of the server's answers, which reads the same words. */
export function words(asked: Asked, more: Record<string, string> = {}): string {
  const given = new URLSearchParams();
  asked.names.forEach((n) => given.append("names", n));
  if (asked.by) given.set("by", asked.by);
  if (asked.segment) given.set("segment", asked.segment);
  if (asked.from) given.set("from", asked.from);
  if (asked.to) given.set("to", asked.to);
  if (asked.every !== "month") given.set("every", asked.every);
  if (asked.today) given.set("today", "true");
  Object.entries(more).forEach(([key, value]) => given.set(key, value));
  return given.toString();
}

export function address(asked: Asked, behind: Behinds | null = null): string {
  const said = words(asked, behind ? { of: behind.metric, group: behind.group, period: behind.period } : {});
  return said ? `#${ROOM}?${said}` : `#${ROOM}`;
}

function read(): { asked: Asked; behind: Behinds | null } {
  const given = new URLSearchParams(location.hash.split("?").slice(1).join("?"));
  const every = given.get("every");
  const [metric, group, period] = [given.get("of"), given.get("group"), given.get("period")];
  return {
    asked: {
      names: given.getAll("names"),
      by: given.get("by"),
      segment: given.get("segment"),
      from: given.get("from"),
      to: given.get("to"),
      every: every === "week" || every === "quarter" || every === "year" ? every : "month",
      today: given.get("today") === "true",
    },
    behind: metric && group && period ? { metric, group, period } : null,
  };
}

export function useAsked() {
  const [now, setNow] = useState(read);
  useEffect(() => {
    const follow = () => setNow(read());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return {
    ...now,
    ask: (change: Partial<Asked>) => (location.hash = address({ ...now.asked, ...change })),
    look: (behind: Behinds | null) => (location.hash = address(now.asked, behind)),
  };
}
