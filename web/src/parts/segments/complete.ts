// What may stand at a place of a rule text: attributes, columns, functions, names of events, segments and lists, values.
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { client, told, type ValuesTold } from "../../api";
import type { Words } from "./words";

const TOKEN = /(?:#|--)[^\n]*|'(?:''|[^'])*'?|[A-Za-z_]\w*|\d[\w.]*|=>|<=|>=|<>|!=|[^\s]/g;
const JOINING = new Set(["and", "or", "not", "when", "then", "else", "case"]);
const OPERATORS = new Set(["=", "!=", "<>", "<", "<=", ">", ">=", "like", "ilike"]);
const SPANS = ["7 days", "14 days", "30 days", "90 days", "6 months", "12 months", "1 year"];
const DAYS = ["today", "yesterday", "7 days ago", "30 days ago", "90 days ago", "12 months ago"];
const OF_EVENTS = new Set(["events", "first_time", "stopped", "resumed", "regular", "trend", "share", "sequence", "dropped_off"]);

interface Frame { name: string; tokens: string[] }

/** Where in a text one is: in which brackets, after what, and whether inside of a quoted text. */
export interface Spot { frames: Frame[]; quoted: string | null; word: string; from: number; before: string[] }

export function spotAt(text: string, position: number): Spot {
  const head = text.slice(0, position);
  const frames: Frame[] = [{ name: "", tokens: [] }];
  let quoted: string | null = null;
  let word = "";
  let from = position;
  let previous = "";
  for (const found of head.matchAll(TOKEN)) {
    const token = found[0];
    const ends = found.index + token.length === head.length;
    if (/^(#|--)/.test(token)) {
      if (ends && !token.includes("\n")) return { frames, quoted: "", word: "", from: position, before: ["comment"] };
      continue;
    }
    if (ends && token.startsWith("'") && !isClosed(token)) {
      quoted = token.slice(1).replaceAll("''", "'");
      from = found.index;
      break;
    }
    if (ends && /^[A-Za-z_]/.test(token)) {
      word = token;
      from = found.index;
      break;
    }
    const top = frames.at(-1)!;
    top.tokens.push(token);
    if (token === "(") frames.push({ name: /^[a-z_]\w*$/i.test(previous) && !JOINING.has(previous.toLowerCase()) ? previous.toLowerCase() : "", tokens: [] });
    if (token === ")" && frames.length > 1) {
      frames.pop();
      frames.at(-1)!.tokens.push(")");
    }
    previous = token;
  }
  return { frames, quoted, word, from, before: frames.at(-1)!.tokens };
}

function isClosed(token: string): boolean {
  return token.length > 1 && token.endsWith("'") && token.slice(1, -1).replaceAll("''", "").indexOf("'") < 0 && (token.match(/'/g)!.length % 2 === 0);
}

const values = new Map<string, Promise<ValuesTold>>();

function valuesOf(attribute: string): Promise<ValuesTold> {
  const known = values.get(attribute);
  if (known) return known;
  const asked = told(client.GET("/api/segments/values", { params: { query: { attribute } } }));
  values.set(attribute, asked);
  asked.catch(() => values.delete(attribute));
  return asked;
}

/** A new update has other values. */
export const forgetValues = (): void => values.clear();

export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export function completionsFor(words: Words) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const spot = spotAt(context.state.doc.toString(), context.pos);
    if (spot.before[0] === "comment") return null;
    if (!context.explicit && spot.quoted === null && !spot.word && !/[(,\s=<>]$/.test(context.state.sliceDoc(0, context.pos))) return null;
    const options = await optionsAt(spot, words);
    if (!options.length) return null;
    const after = context.state.sliceDoc(context.pos, context.pos + 1);
    const to = spot.quoted !== null && after === "'" ? context.pos + 1 : context.pos;
    return { from: spot.from, to, options, validFor: spot.quoted === null ? /^\w*$/ : undefined, filter: true };
  };
}

async function optionsAt(spot: Spot, words: Words): Promise<Completion[]> {
  const { before, frames } = spot;
  const frame = frames.at(-1)!;
  const tables = new Map(words.tables.map((t) => [t.key, t]));
  const table = frames.toReversed().find((f) => tables.has(f.name))?.name ?? "";
  const [last = "", second = ""] = [before.at(-1) ?? "", before.at(-2) ?? ""];
  const form = words.forms.find((f) => f.key === frame.name);

  if (last === "=>") return optionValues(form?.options.find((o) => o.name === second.toLowerCase())?.kind ?? "", frame.name, words);
  const subject = comparedWith(before, frames);
  if (subject) {
    const known = await valuesFor(subject, table, words);
    if (spot.quoted !== null || known.length) return known;
  }
  if (frame.name === "contains" && last === "," && before[0]) return valuesFor(before[0], table, words);
  if (spot.quoted !== null || last === "(" || last === "," || (!before.length && frame.name)) {
    const named = namesIn(frame.name, before, words);
    if (spot.quoted !== null) return named;
    if (frame.name) return [...named, ...optionNames(form, before), ...operands(words, table)];
  }
  if (!before.length || last === "(" || last === "," || OPERATORS.has(last.toLowerCase()) || JOINING.has(last.toLowerCase()) || /^[-+*/]$/.test(last)) return operands(words, table);
  return operators(words, table, last, second);
}

/** The name before an operator that is waiting for a value: `plan =`, `plan in ('a',`. */
function comparedWith(before: string[], frames: Frame[]): string | null {
  const last = (before.at(-1) ?? "").toLowerCase();
  if (OPERATORS.has(last)) return nameIn(before.at(-2) === "not" ? before.at(-3) : before.at(-2));
  const outer = frames.at(-2)?.tokens ?? [];
  if (frames.length > 1 && frames.at(-1)!.name === "in" && (!before.length || last === ",")) {
    const at = outer.length - 2;
    return nameIn(outer[at - 1]?.toLowerCase() === "not" ? outer[at - 2] : outer[at - 1]);
  }
  return null;
}

const nameIn = (token: string | undefined): string | null => (token && /^[A-Za-z_]\w*$/.test(token) ? token : null);

async function valuesFor(name: string, table: string, words: Words): Promise<Completion[]> {
  const type = words.typeOf(table, name);
  if (type === "date" || type === "timestamp") return DAYS.map((d) => ({ label: d, type: "constant" }));
  if (type !== "text" && type !== "list") return [];
  try {
    const found = await valuesOf(table ? `${table}.${name}` : name);
    return found.values.map((v, n) => ({ label: quote(String(v.value)), detail: v.count.toLocaleString("en"), type: "text", boost: -n }));
  } catch {
    return [];
  }
}

function namesIn(form: string, before: string[], words: Words): Completion[] {
  if (form === "in_segment" || form === "entered" || form === "left") {
    return words.segments.map((s) => ({ label: quote(s.name), detail: s.title, type: "text" }));
  }
  if (form === "in_list") return words.lists.map((l) => ({ label: quote(l), type: "text" }));
  if (!OF_EVENTS.has(form) || (form === "events" && !before.every((t) => t === "," || t.startsWith("'")))) return [];
  return words.events.map((e, n) => ({ label: quote(e.name), detail: e.count.toLocaleString("en"), type: "text", boost: 20 - n }));
}

function optionNames(form: Words["forms"][number] | undefined, before: string[]): Completion[] {
  if (!form) return [];
  return form.options
    .filter((o) => !before.some((t, n) => t === o.name && before[n + 1] === "=>"))
    .map((o) => ({ label: o.name, apply: `${o.name} => `, detail: o.required ? "needed" : "", info: `${o.doc} (${o.kind})`, type: "property", boost: o.required ? 30 : 10 }));
}

function optionValues(kind: string, table: string, words: Words): Completion[] {
  const dated = words.attributes.filter((a) => a.type === "date").map((a) => ({ label: a.name, detail: a.title, type: "variable" }));
  switch (kind) {
    case "a span of time":
    case "a span of days or weeks":
      return SPANS.filter((s) => kind === "a span of time" || s.endsWith("days")).map((s, n) => ({ label: quote(s), type: "text", boost: -n }));
    case "a day":
      return [...DAYS.map((d, n) => ({ label: d, type: "constant", boost: 20 - n })), ...dated];
    case "a column":
      return (words.tables.find((t) => t.key === table)?.columns ?? []).map((c) => ({ label: c.name, detail: c.type, type: "variable" }));
    case "an attribute":
      return words.attributes.map((a) => ({ label: a.name, detail: a.title, type: "variable" }));
    default:
      return [];
  }
}

function operands(words: Words, table: string): Completion[] {
  if (table) {
    const columns = words.tables.find((t) => t.key === table)?.columns ?? [];
    const nested = table === "users" ? words.forms.filter((f) => words.tables.some((t) => t.key === f.key && t.is_of_people && t.has_data)) : [];
    return [
      ...columns.map((c) => ({ label: c.name, detail: c.type, type: "variable", boost: 20 })),
      ...nested.map((f) => snippet(f.key, f.doc, f.example)),
      { label: "not", type: "keyword" },
      ...words.functions.map((f) => snippet(f.key, f.doc, f.example)),
    ];
  }
  const hasData = new Map(words.tables.map((t) => [t.key, t.has_data]));
  return [
    ...words.attributes.map((a) => ({ label: a.name, detail: a.title, info: a.lacks ? `No data: ${a.lacks}` : a.description || undefined, type: "variable", boost: a.lacks ? -40 : 10 })),
    ...words.forms.filter((f) => hasData.get(f.key) !== false).map((f) => snippet(f.key, f.doc, f.example)),
    { ...snippet("in_segment", "Is in another segment.", "in_segment('name')") },
    ...words.functions.map((f) => snippet(f.key, f.doc, f.example)),
    { label: "not", type: "keyword" },
    { label: "case", apply: "case when ", type: "keyword" },
  ];
}

const snippet = (key: string, doc: string, example: string): Completion => ({ label: key, apply: `${key}(`, info: `${doc} ${example}`, type: "function", boost: -5 });

function operators(words: Words, table: string, last: string, second: string): Completion[] {
  const joins: Completion[] = [{ label: "and", type: "keyword", boost: 30 }, { label: "or", type: "keyword", boost: 29 }];
  if (/^\d+$/.test(last)) return ["days ago", "weeks ago", "months ago", "years ago", "days from now"].map((label) => ({ label, type: "keyword" })).concat(joins as never);
  const type = nameIn(last) && second !== "=>" ? words.typeOf(table, last) : last === ")" ? "integer" : null;
  if (type === null) return joins;
  const known = (words.operators[type] ?? []).map((o): Completion => {
    const label = o.negated ? (o.key.startsWith("is ") ? `is not ${o.key.slice(3)}` : `not ${o.key}`) : o.key;
    return { label, apply: o.takes === "many" ? `${label} (` : o.takes === "none" ? label : `${label} `, detail: o.words, type: "operator" };
  });
  return [...(type === "boolean" || last === ")" ? joins : []), ...known.filter((o) => !/^(not )?contains/.test(o.label)), ...(type === "boolean" || last === ")" ? [] : joins)];
}
