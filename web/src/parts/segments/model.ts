// What the builder has controls for, and how each is written as a tree. A tree is shown with controls only where they
// say exactly the same: what they would lose or change is a condition in words of the language, edited as text.
import {
  attribute, call, DATE, invoke, isNumber, isText, joined, not, number, same, text,
  type Call, type Duration, type Invoke, type Relative, type Scalar, type Tree, type Unit,
} from "./tree";

export interface Span { amount: number | null; unit: Unit }
/** A day: written, counted from today, or a date of the customer. */
export type Day = { on: string } | { ago: Span } | { ahead: Span } | { attribute: string };
export type Value = Scalar | Day | null;

/** `mode`: where a text is looked for, while the pattern that says so is being typed. */
export interface Comparison { operator: string; negated: boolean; values: Value[]; mode?: string }
export type Window =
  | { kind: "ever" }
  | { kind: "last" | "first"; span: Span }
  | { kind: "between"; from: Day | null; until: Day | null }
  | { kind: "since"; day: Day };
export type Where = { join: "and" | "or"; items: Leaf[] };
/** Rows of a table, and of events those of some names. */
export interface Rows { table: string; events: string[]; where: Where }

export interface AttributeModel extends Comparison { of: "attribute"; attribute: string }
export interface CountModel extends Comparison { of: "count"; rows: Rows; window: Window; measure: string; column: string | null }
export type Habit = "first_time" | "stopped" | "resumed" | "regular" | "trend" | "share" | "any" | "all";
export interface HabitModel extends Comparison { of: "habit"; form: Habit; rows: Rows; last: Span; after: Span; weeks: number | null; atLeast: number | null; window: Window }
export interface StepsModel { of: "steps"; form: "sequence" | "dropped_off"; steps: Rows[]; within: Span; gap: Span; window: Window }
export interface SegmentModel { of: "segment"; how: "in" | "not in" | "entered" | "left"; name: string | null; last: Span }
export interface ListModel { of: "list"; negated: boolean; name: string | null }
export interface SampleModel { of: "sample"; negated: boolean; percent: number | null; salt: string }
export interface RankModel extends Comparison { of: "rank"; form: "percentile" | "rank"; attribute: string | null; by: string | null }
export interface WasModel extends Comparison { of: "was"; attribute: string; at: Day }
export interface ChangedModel { of: "changed"; attribute: string | null; from: Value; to: Value; last: Span }
export interface TextModel { of: "text"; text: string; tree: Tree | null }
export type Model =
  | AttributeModel | CountModel | HabitModel | StepsModel | SegmentModel | ListModel | SampleModel | RankModel | WasModel | ChangedModel | TextModel;

export interface Leaf { id: string; kind: "leaf"; not: boolean; model: Model }
export interface Group { id: string; kind: "group"; not: boolean; join: "and" | "or"; items: Item[] }
export type Item = Leaf | Group;

let last = 0;
export const fresh = (): string => `c${++last}`;
export const leaf = (model: Model, isNot = false): Leaf => ({ id: fresh(), kind: "leaf", not: isNot, model });
export const group = (join: "and" | "or", items: Item[], isNot = false): Group => ({ id: fresh(), kind: "group", not: isNot, join, items });
export const NO_SPAN: Span = { amount: null, unit: "day" };
export const EVER: Window = { kind: "ever" };
export const noWhere = (): Where => ({ join: "and", items: [] });

/** Types of attributes and columns, by what is asked of: "" the customer, else a table. */
export type TypeOf = (table: string, name: string) => string | null;

// ---- what is written

/** The tree of a condition; null while something is missing in it. */
export function built(one: Leaf, typeOf: TypeOf, table = ""): Tree | null {
  const tree = builtModel(one.model, typeOf, table);
  return tree && one.not ? not(tree) : tree;
}

function builtModel(m: Model, typeOf: TypeOf, table: string): Tree | null {
  switch (m.of) {
    case "attribute":
      return compared(attribute(m.attribute), m, typeOf(table, m.attribute));
    case "count": {
      const rows = builtRows(m.rows, typeOf, builtWindow(m.window), m.measure === "count" ? {} : { [m.measure]: m.column ? attribute(m.column) : undefined });
      return rows && compared(rows, m, measureType(m, typeOf));
    }
    case "habit":
      return builtHabit(m, typeOf);
    case "steps": {
      const steps = m.steps.map((s) => builtRows(s, typeOf, {}, {}, true));
      const window = builtWindow(m.window);
      const within = duration(m.within);
      if (steps.length < 2 || steps.some((s) => !s) || !window || (m.form === "dropped_off" && !within)) return null;
      return invoke(m.form, steps as Tree[], { within, gap: m.form === "sequence" ? duration(m.gap) : null, ...window });
    }
    case "segment": {
      if (!m.name) return null;
      if (m.how === "in" || m.how === "not in") {
        const inside: Tree = { kind: "in_segment", name: m.name };
        return m.how === "in" ? inside : not(inside);
      }
      const span = duration(m.last);
      return span && invoke(m.how, [text(m.name)], { last: span });
    }
    case "list": {
      if (!m.name) return null;
      const inside = invoke("in_list", [text(m.name)]);
      return m.negated ? not(inside) : inside;
    }
    case "sample": {
      if (!m.percent || m.percent > 100 || !m.salt.trim()) return null;
      const inside = invoke("sample", [], { percent: number(m.percent), salt: text(m.salt) });
      return m.negated ? not(inside) : inside;
    }
    case "rank": {
      if (!m.attribute) return null;
      const value = invoke(m.form, [attribute(m.attribute)], { by: m.by ? attribute(m.by) : null });
      return compared(value, m, "number");
    }
    case "was": {
      const at = day(m.at);
      return at && compared(invoke("was", [attribute(m.attribute)], { at }), m, typeOf("", m.attribute));
    }
    case "changed": {
      const span = duration(m.last);
      if (!m.attribute || !span || m.from === "" || m.to === "") return null;
      const type = typeOf("", m.attribute);
      return invoke("changed", [attribute(m.attribute)], { from: literal(m.from, type), to: literal(m.to, type), last: span });
    }
    case "text":
      return m.tree;
  }
}

export function measureType(m: CountModel, typeOf: TypeOf): string {
  if (m.measure === "count" || m.measure === "distinct") return "integer";
  const of = m.column ? typeOf(m.rows.table, m.column) : null;
  return m.measure === "avg" && of !== "money" ? "number" : (of ?? "number");
}

function builtHabit(m: HabitModel, typeOf: TypeOf): Tree | null {
  const isWhole = m.form === "any" || m.form === "all";
  const rows = builtRows(m.rows, typeOf, isWhole ? builtWindow(m.window) : {}, {}, !isWhole);
  if (!rows) return null;
  const span = duration(m.last);
  switch (m.form) {
    case "any":
    case "all":
      return invoke(m.form, [rows]);
    case "regular":
      return m.weeks && m.atLeast ? invoke("regular", [rows], { weeks: number(m.weeks), at_least: number(m.atLeast) }) : null;
    case "resumed": {
      const after = duration(m.after);
      return span && after && invoke("resumed", [rows], { last: span, after });
    }
    case "share": {
      const window = builtWindow(m.window);
      return window && compared(invoke("share", [rows], window), m, "number");
    }
    case "trend":
      return span && compared(invoke("trend", [rows], { last: span }), m, "number");
    default:
      return span && invoke(m.form, [rows], { last: span });
  }
}

/** `isShort`: events of one name stand as this name alone. */
function builtRows(rows: Rows, typeOf: TypeOf, window: Record<string, Tree> | null, measure: Record<string, Tree | undefined>, isShort = false): Tree | null {
  const where = rows.where.items.map((i) => built(i, typeOf, rows.table));
  if (!window || where.some((w) => !w) || Object.values(measure).includes(undefined)) return null;
  const condition = joined(rows.where.join, where as Tree[]);
  const names = rows.events.map((e) => text(e));
  if (isShort && rows.table === "events" && names.length === 1 && !condition) return names[0]!;
  return invoke(rows.table, [...(rows.table === "events" ? names : []), ...(condition ? [condition] : [])], { ...window, ...(measure as Record<string, Tree>) });
}

function builtWindow(window: Window): Record<string, Tree> | null {
  switch (window.kind) {
    case "ever":
      return {};
    case "last":
    case "first": {
      const span = duration(window.span);
      return span && { [window.kind]: span };
    }
    case "since": {
      const since = day(window.day);
      return since && { since };
    }
    case "between": {
      const [from, until] = [window.from && day(window.from), window.until && day(window.until)];
      if (!from && !until) return null;
      return { ...(from ? { from } : {}), ...(until ? { until } : {}) };
    }
  }
}

export function duration(span: Span): Duration | null {
  return span.amount && span.amount > 0 ? { kind: "duration", amount: span.amount, unit: span.unit } : null;
}

export function day(given: Day): Tree | null {
  if ("on" in given) return DATE.test(given.on) ? { kind: "literal", type: "date", value: given.on } : null;
  if ("attribute" in given) return given.attribute ? attribute(given.attribute) : null;
  const [span, sign] = "ago" in given ? [given.ago, -1] : [given.ahead, 1];
  if (span.amount === null) return null;
  return { kind: "relative_date", amount: span.amount === 0 ? 0 : sign * span.amount, unit: span.amount === 0 ? "day" : span.unit };
}

function literal(value: Value, type: string | null): Tree | null {
  if (value === null || value === "") return null;
  if (typeof value === "object") return day(value);
  if (typeof value === "boolean") return { kind: "literal", type: "boolean", value };
  if (typeof value === "number") return number(value);
  return type === "date" || type === "timestamp" ? { kind: "literal", type: DATE.test(value) ? "date" : "timestamp", value } : text(value);
}

function compared(subject: Tree, c: Comparison, type: string | null): Tree | null {
  if (c.operator === "yes") return c.negated ? not(subject) : subject;
  const values = c.values.map((v) => literal(v, type));
  if (values.some((v) => !v) || values.length < leastValues(c.operator)) return null;
  const made = call(c.operator, subject, ...(values as Tree[]));
  return c.negated ? not(made) : made;
}

function leastValues(operator: string): number {
  return operator.startsWith("is ") ? 0 : operator === "between" ? 2 : 1;
}

// ---- what is read

/** The condition or group that a tree is, with what has no controls as text. */
export function recognised(tree: Tree, typeOf: TypeOf, table = ""): Item {
  if (tree.kind === "and" || tree.kind === "or") return group(tree.kind, tree.items.map((i) => recognised(i, typeOf, table)));
  if (tree.kind === "not" && (tree.item.kind === "and" || tree.item.kind === "or")) return { ...(recognised(tree.item, typeOf, table) as Group), not: true };
  return recognisedLeaf(tree, typeOf, table);
}

function recognisedLeaf(tree: Tree, typeOf: TypeOf, table: string): Leaf {
  const fits = (model: Model | null, isNot = false): Leaf | null => {
    const found = model && leaf(model, isNot);
    return found && same(built(found, typeOf, table), tree) ? found : null;
  };
  const inner = tree.kind === "not" ? tree.item : tree;
  return (
    fits(modelOf(tree, typeOf, table)) ??
    (tree.kind === "not" ? fits(modelOf(inner, typeOf, table), true) : null) ??
    leaf({ of: "text", text: "", tree })
  );
}

const COMPARISONS = ["=", "!=", "<", "<=", ">", ">="];
const MEASURES = ["distinct", "sum", "avg", "min", "max", "earliest", "latest"];

function modelOf(tree: Tree, typeOf: TypeOf, table: string): Model | null {
  const negated = tree.kind === "not";
  const inner = negated ? tree.item : tree;
  switch (inner.kind) {
    case "attribute":
      return { of: "attribute", attribute: inner.name, operator: "yes", negated, values: [] };
    case "in_segment":
      return { of: "segment", how: negated ? "not in" : "in", name: inner.name, last: NO_SPAN };
    case "call":
      return comparisonOf(inner, negated, typeOf);
    case "invoke":
      return table ? null : invokedOf(inner, negated, typeOf);
    default:
      return null;
  }
}

function comparisonOf(tree: Call, negated: boolean, typeOf: TypeOf): Model | null {
  const known = [...COMPARISONS, "in", "between", "like", "ilike", "is null", "is true", "is false", "contains"];
  const [subject, ...others] = tree.arguments;
  const values = others.map(valueOf);
  if (!subject || !known.includes(tree.operator) || values.includes(undefined)) return null;
  if (negated && (COMPARISONS.includes(tree.operator) || subject.kind === "invoke")) return null; // the condition as a whole is negated
  const comparison: Comparison = { operator: tree.operator, negated, values: values as Value[] };
  if (subject.kind === "attribute") return { of: "attribute", attribute: subject.name, ...comparison };
  if (subject.kind !== "invoke") return null;
  const [first] = subject.arguments;
  if (subject.name === "percentile" || subject.name === "rank") {
    const by = subject.options.by;
    return first?.kind === "attribute" ? { of: "rank", form: subject.name, attribute: first.name, by: by?.kind === "attribute" ? by.name : null, ...comparison } : null;
  }
  if (subject.name === "was") {
    const at = dayOf(subject.options.at);
    return first?.kind === "attribute" && at ? { of: "was", attribute: first.name, at, ...comparison } : null;
  }
  if (subject.name === "trend" || subject.name === "share") {
    const found = habitOf(subject, typeOf);
    return found && { ...found, ...comparison };
  }
  const rows = rowsOf(subject, typeOf);
  const window = windowOf(subject.options);
  if (!rows || !window) return null;
  const measure = MEASURES.find((m) => m in subject.options) ?? "count";
  const column = subject.options[measure];
  return { of: "count", rows, window, measure, column: column?.kind === "attribute" ? column.name : null, ...comparison };
}

function invokedOf(tree: Invoke, negated: boolean, typeOf: TypeOf): Model | null {
  const [first] = tree.arguments;
  switch (tree.name) {
    case "entered":
    case "left":
      return isText(first) ? { of: "segment", how: tree.name, name: first.value, last: spanOf(tree.options.last) } : null;
    case "in_list":
      return isText(first) ? { of: "list", negated, name: first.value } : null;
    case "sample": {
      const { percent, salt } = tree.options;
      return isNumber(percent) && isText(salt) ? { of: "sample", negated, percent: percent.value, salt: salt.value } : null;
    }
    case "changed": {
      const [from, to] = [tree.options.from, tree.options.to].map((v) => (v ? valueOf(v) : null));
      if (first?.kind !== "attribute" || from === undefined || to === undefined) return null;
      return { of: "changed", attribute: first.name, from, to, last: spanOf(tree.options.last) };
    }
    case "sequence":
    case "dropped_off": {
      const steps = tree.arguments.map((s) => rowsOf(s, typeOf));
      const window = windowOf(tree.options);
      if (steps.includes(null) || !window) return null;
      return { of: "steps", form: tree.name, steps: steps as Rows[], within: spanOf(tree.options.within), gap: spanOf(tree.options.gap), window };
    }
    default:
      return habitOf(tree, typeOf);
  }
}

const HABITS: Habit[] = ["first_time", "stopped", "resumed", "regular", "trend", "share", "any", "all"];

function habitOf(tree: Invoke, typeOf: TypeOf): HabitModel | null {
  const form = HABITS.find((h) => h === tree.name);
  const [first] = tree.arguments;
  const rows = first && rowsOf(first, typeOf);
  if (!form || !rows) return null;
  const inner = first.kind === "invoke" && (form === "any" || form === "all") ? first.options : tree.options;
  const window = form === "share" || form === "any" || form === "all" ? windowOf(inner) : EVER;
  if (!window) return null;
  const whole = (name: string) => (isNumber(tree.options[name]) ? (tree.options[name] as { value: number }).value : null);
  return {
    of: "habit", form, rows, window, last: spanOf(tree.options.last), after: spanOf(tree.options.after), weeks: whole("weeks"), atLeast: whole("at_least"),
    operator: form === "trend" || form === "share" ? "<" : "yes", negated: false, values: [],
  };
}

function rowsOf(tree: Tree, typeOf: TypeOf): Rows | null {
  if (isText(tree)) return { table: "events", events: [tree.value], where: noWhere() };
  if (tree.kind !== "invoke") return null;
  const events = tree.name === "events" ? tree.arguments.filter(isText).map((a) => a.value) : [];
  const conditions = tree.arguments.filter((a) => !(tree.name === "events" && isText(a)));
  if (conditions.length > 1) return null;
  const [condition] = conditions;
  if (!condition) return { table: tree.name, events, where: noWhere() };
  const items = condition.kind === "and" || condition.kind === "or" ? condition.items : [condition];
  const leaves = items.map((i) => whereOf(i, typeOf, tree.name));
  if (leaves.includes(null)) return null;
  return { table: tree.name, events, where: { join: condition.kind === "or" ? "or" : "and", items: leaves as Leaf[] } };
}

/** A condition on rows: on a column; of people also what they did. */
function whereOf(tree: Tree, typeOf: TypeOf, table: string): Leaf | null {
  const models = [modelOf(tree, typeOf, table), ...(table === "users" ? [modelOf(tree, typeOf, "")] : [])];
  for (const model of models) {
    if (!model || model.of === "segment" || model.of === "text") continue;
    const found = leaf(model);
    if (same(built(found, typeOf, table), tree)) return found;
  }
  return null;
}

function windowOf(options: Record<string, Tree>): Window | null {
  if (options.last) return { kind: "last", span: spanOf(options.last) };
  if (options.first) return { kind: "first", span: spanOf(options.first) };
  if (options.since) {
    const since = dayOf(options.since);
    return since && { kind: "since", day: since };
  }
  if (options.from || options.until) {
    const [from, until] = [options.from, options.until].map((d) => (d ? dayOf(d) : null));
    return { kind: "between", from: from ?? null, until: until ?? null };
  }
  return EVER;
}

function spanOf(tree: Tree | undefined): Span {
  return tree?.kind === "duration" ? { amount: tree.amount, unit: tree.unit } : NO_SPAN;
}

function dayOf(tree: Tree | undefined): Day | null {
  if (tree?.kind === "attribute") return { attribute: tree.name };
  if (tree?.kind === "relative_date") return relativeOf(tree);
  return isText(tree) ? { on: tree.value } : null;
}

function relativeOf(tree: Relative): Day {
  const span = { amount: Math.abs(tree.amount), unit: tree.unit };
  return tree.amount > 0 ? { ahead: span } : { ago: span };
}

function valueOf(tree: Tree): Value | undefined {
  if (tree.kind === "relative_date") return relativeOf(tree);
  return tree.kind === "literal" && tree.value !== null ? tree.value : undefined;
}

// ---- a whole rule

/** The tree of a group, and where each condition and group stands in it. Conditions that miss something are left out. */
export function builtRule(root: Group, typeOf: TypeOf): { tree: Tree | null; paths: Map<string, string>; missing: string[] } {
  const missing: string[] = [];
  const found = placed(root, typeOf, missing);
  return { tree: found?.tree ?? null, paths: new Map(found?.marks.map(([id, path]) => [id, path.join(".")])), missing };
}

interface Placed { tree: Tree; marks: [id: string, path: number[]][] }

function placed(item: Item, typeOf: TypeOf, missing: string[]): Placed | null {
  if (item.kind === "leaf") {
    const tree = built(item, typeOf);
    if (!tree) missing.push(item.id);
    return tree && { tree, marks: [[item.id, []]] };
  }
  const parts = item.items.map((i) => placed(i, typeOf, missing)).filter((p) => p !== null);
  let found: Placed | null = null;
  if (parts.length === 1) found = { tree: parts[0]!.tree, marks: [[item.id, []], ...parts[0]!.marks] };
  else if (parts.length) found = together(item, parts);
  if (!found || !item.not) return found;
  const marks = found.marks.filter(([id]) => id !== item.id).map(([id, path]): [string, number[]] => [id, [0, ...path]]);
  return { tree: not(found.tree), marks: [[item.id, []], ...marks] };
}

/** Parts joined; one that is joined alike melts into the whole, and has no place of its own. */
function together(of: Group, parts: Placed[]): Placed {
  const items: Tree[] = [];
  const marks: Placed["marks"] = [[of.id, []]];
  for (const part of parts) {
    if (part.tree.kind === of.join) {
      for (const [id, [head, ...rest]] of part.marks) if (head !== undefined) marks.push([id, [items.length + head, ...rest]]);
      items.push(...part.tree.items);
    } else {
      for (const [id, path] of part.marks) marks.push([id, [items.length, ...path]]);
      items.push(part.tree);
    }
  }
  return { tree: { kind: of.join, items }, marks };
}

/** The rule that a tree is, as one group; what it has in common with `before` keeps its identity. */
export function ruleOf(tree: Tree | null, typeOf: TypeOf, before: Group | null = null): Group {
  const found = tree ? recognised(tree, typeOf) : group("and", []);
  const root = found.kind === "group" && !found.not ? found : group(before?.join ?? "and", [found]);
  return before ? (known(root, before, typeOf) as Group) : root;
}

function known(now: Item, before: Item, typeOf: TypeOf): Item {
  if (now.kind === "leaf") return { ...now, id: before.id };
  if (before.kind === "leaf") return now;
  const left = new Map(before.items.map((i, n) => [n, i]));
  const trees = before.items.map((i) => JSON.stringify(placed(i, typeOf, [])?.tree ?? null));
  trees.forEach((t, n) => t === "null" && left.delete(n));
  const taken = now.items.map((i) => {
    const tree = JSON.stringify(placed(i, typeOf, [])?.tree ?? null);
    const at = trees.findIndex((t, n) => t === tree && left.has(n));
    const found = left.get(at);
    left.delete(at);
    return found;
  });
  const items = now.items.map((item, n) => {
    const match = taken[n];
    if (match) return match;
    const here = left.get(n);
    if (!here || here.kind !== item.kind) return item;
    left.delete(n);
    return known(item, here, typeOf);
  });
  before.items.forEach((item, n) => { // what is being filled in is not in the text yet
    if (trees[n] === "null" && !items.includes(item)) items.splice(Math.min(n, items.length), 0, item);
  });
  return { ...now, id: before.id, items };
}
