// The words of the language: what a rule may name, which operators fit a type, how they are said in a sentence.
import { useQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { client, told, type RuleWords } from "../../api";
import type { CountModel, Span } from "./model";
import type { Unit } from "./tree";

export function useWords() {
  return useQuery({ queryKey: ["segments", "words"], staleTime: Infinity, queryFn: () => told(client.GET("/api/segments/words")) });
}

export interface Words extends RuleWords {
  typeOf: (table: string, name: string) => string | null;
  titleOf: (table: string, name: string) => string;
  segmentTitle: (name: string) => string;
}

export function withLookUp(words: RuleWords): Words {
  const attributes = new Map(words.attributes.map((a) => [a.name, a]));
  const columns = new Map(words.tables.flatMap((t) => t.columns.map((c) => [`${t.key}.${c.name}`, c])));
  const segments = new Map(words.segments.map((s) => [s.name, s.title]));
  const of = (table: string, name: string) => (table ? columns.get(`${table}.${name}`) : attributes.get(name));
  return {
    ...words,
    typeOf: (table, name) => of(table, name)?.type ?? null,
    titleOf: (table, name) => of(table, name)?.title ?? name,
    segmentTitle: (name) => segments.get(name) ?? name,
  };
}

export const WordsContext = createContext<Words | null>(null);

export function useLanguage(): Words {
  const words = useContext(WordsContext);
  if (!words) throw new Error("the words of the language are not there");
  return words;
}

export const UNITS: Unit[] = ["day", "week", "month", "year"];

export function unitWord(span: Span): string {
  return span.amount === 1 ? span.unit : `${span.unit}s`;
}

/** An operator that can be chosen, by a key that also says whether it is negated. */
export interface Choice { value: string; label: string; doc?: string; takes: "none" | "one" | "two" | "many" }

export const choiceKey = (operator: string, negated: boolean): string => (negated ? `not ${operator}` : operator);
export const operatorOf = (key: string): { operator: string; negated: boolean } =>
  key.startsWith("not ") ? { operator: key.slice(4), negated: true } : { operator: key, negated: false };

const PATTERNS: Choice[] = [
  { value: "holds", label: "contains", takes: "one" },
  { value: "begins", label: "begins with", takes: "one" },
  { value: "ends", label: "ends with", takes: "one" },
  { value: "not holds", label: "does not contain", takes: "one" },
];

/** What can be said of a value of this type, in the order of the language's table. */
export function choicesFor(words: Words, type: string | null): Choice[] {
  const known = (words.operators[type ?? "text"] ?? []).map((o) => ({ value: choiceKey(o.key, o.negated), label: o.words, doc: o.doc, takes: o.takes }));
  if (type === "boolean") {
    return [
      { value: "yes", label: "yes", takes: "none" },
      { value: "not yes", label: "no", takes: "none" },
      ...known.filter((k) => k.value.includes("is null")),
    ];
  }
  const said = known.map((k) => ({ ...k, label: k.label.replace("is from to", "is from … to").replace("is outside to", "is outside … to") }));
  if (type !== "text") return said;
  const [first, rest] = [said.filter((k) => ["=", "!=", "in", "not in"].includes(k.value)), said.filter((k) => k.value.includes("null"))];
  return [...first, ...PATTERNS, ...said.filter((k) => k.value === "ilike" || k.value === "not ilike"), ...rest];
}

/** A text that is looked for at any place, at the beginning or at the end, as the pattern that says so. */
export function patternOf(mode: string, text: string): string {
  return mode === "begins" ? `${text}%` : mode === "ends" ? `%${text}` : `%${text}%`;
}

/** How a pattern is said: the mode and the text; null where it has wild cards of its own. */
export function readPattern(pattern: string): { mode: string; text: string } | null {
  const mode = pattern.startsWith("%") ? (pattern.endsWith("%") && pattern.length > 1 ? "holds" : "ends") : pattern.endsWith("%") ? "begins" : "";
  const text = pattern.slice(mode === "begins" ? 0 : 1, mode === "ends" ? undefined : -1);
  return mode && !/[%_]/.test(text) ? { mode, text } : null;
}

export const TIMES: Choice[] = [
  { value: ">=", label: "at least", takes: "one" },
  { value: "<=", label: "at most", takes: "one" },
  { value: "=", label: "exactly", takes: "one" },
  { value: "between", label: "between", takes: "two" },
  { value: ">", label: "more than", takes: "one" },
  { value: "<", label: "fewer than", takes: "one" },
  { value: "!=", label: "any number but", takes: "one" },
];

export const MEASURES: Record<string, string> = {
  count: "number", distinct: "different", sum: "sum of", avg: "mean of", min: "smallest", max: "largest", earliest: "first", latest: "last",
};

/** Whether a count is compared as a number of rows, and not as a value of them. */
export const isOfRows = (m: CountModel): boolean => m.measure === "count";

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const shareWords = (part: number, whole: number): string => {
  if (!whole) return "–";
  const percent = (100 * part) / whole;
  return `${percent > 0 && percent < 0.1 ? "under 0.1" : percent < 10 ? percent.toFixed(1).replace(/\.0$/, "") : Math.round(percent)} %`;
};

export const grouped = (n: number): string => n.toLocaleString("en");
