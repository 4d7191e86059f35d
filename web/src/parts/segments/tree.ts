// A rule as the server sends it: the JSON form of its tree (beachhead/rules/json_form.py).

export type Scalar = string | number | boolean;
export type Unit = "day" | "week" | "month" | "year";

export interface Literal { kind: "literal"; type: string | null; value: Scalar | null }
export interface Relative { kind: "relative_date"; amount: number; unit: Unit }
export interface Duration { kind: "duration"; amount: number; unit: Unit }
export interface Call { kind: "call"; operator: string; arguments: Tree[] }
export interface Invoke { kind: "invoke"; name: string; arguments: Tree[]; options: Record<string, Tree> }
export interface Joined { kind: "and" | "or"; items: Tree[] }
export type Tree =
  | Literal
  | Relative
  | Duration
  | Call
  | Invoke
  | Joined
  | { kind: "not"; item: Tree }
  | { kind: "attribute"; name: string }
  | { kind: "in_segment"; name: string }
  | { kind: "case"; whens: { when: Tree; then: Tree }[]; otherwise: Tree | null };

export const attribute = (name: string): Tree => ({ kind: "attribute", name });
export const call = (operator: string, ...args: Tree[]): Tree => ({ kind: "call", operator, arguments: args });
export const text = (value: string): Literal => ({ kind: "literal", type: "text", value });
export const not = (item: Tree): Tree => ({ kind: "not", item });
export const invoke = (name: string, args: Tree[], options: Record<string, Tree | null> = {}): Tree => ({
  kind: "invoke",
  name,
  arguments: args,
  options: Object.fromEntries(Object.entries(options).filter((o): o is [string, Tree] => o[1] !== null)),
});

export function number(value: number): Literal {
  return { kind: "literal", type: Number.isInteger(value) ? "integer" : "number", value };
}

/** Several conditions as one; null of none. */
export function joined(kind: "and" | "or", items: Tree[]): Tree | null {
  const flat = items.flatMap((i) => (i.kind === kind ? i.items : [i]));
  return flat.length > 1 ? { kind, items: flat } : (flat[0] ?? null);
}

export const isText = (tree: Tree | undefined): tree is Literal & { value: string } => tree?.kind === "literal" && typeof tree.value === "string";
export const isNumber = (tree: Tree | undefined): tree is Literal & { value: number } => tree?.kind === "literal" && typeof tree.value === "number";
export const DATE = /^\d{4}-\d\d-\d\d$/;

/** Whether two trees are one rule; a day may be written as a text or as a day. */
export function same(a: Tree | null, b: Tree | null): boolean {
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

function plain(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(plain);
  if (!tree || typeof tree !== "object") return tree;
  const found = tree as Record<string, unknown>;
  if (found.kind === "literal" && typeof found.value === "string" && DATE.test(found.value)) return { kind: "literal", value: found.value };
  return Object.fromEntries(Object.keys(found).sort().map((k) => [k, plain(found[k])]));
}
