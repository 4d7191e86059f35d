import type { Choices, MetricTold } from "../../api";
import { tableWord } from "../FileCard";

export const THEMES: Record<MetricTold["theme"], string> = {
  "recurring revenue": "Recurring revenue", customers: "Customers", acquisition: "Acquisition", usage: "Use",
  advocacy: "Recommending", support: "Support", sales: "Sales", shop: "Shop", own: "Your own",
};

const UNITS: Record<MetricTold["unit"], string> = {
  money: "Money", count: "A number", share: "Per cent", ratio: "A ratio", days: "Days", hours: "Hours", months: "Months",
  points: "Points, from −100 to 100", number: "A number",
};

export function unitWords(metric: MetricTold, currency: string): string {
  return metric.unit === "money" ? `Money, in ${currency}` : UNITS[metric.unit];
}

export const DIRECTIONS: Record<MetricTold["direction"], string> = {
  high: "Higher is better", low: "Lower is better", neither: "Neither end is better",
};

/** What would have to be mapped: "needs orders or order_lines" in words. */
export function lackWords(lacks: string): string {
  return lacks
    .replace(/^needs /, "")
    .split(" and ")
    .map((need) => need.split(" or ").map(fileWords).join(", or "))
    .join(", and ");
}

function fileWords(need: string): string {
  const [table = "", column] = need.split(".");
  return column ? `${column.replaceAll("_", " ")} in a file of ${tableWord(table)}` : `a file of ${tableWord(table)}`;
}

export function titleOf(choices: Choices, name: string): string {
  return choices.metrics.find((m) => m.name === name)?.title ?? name;
}

export const MOVEMENTS = ["new_mrr", "expansion_mrr", "reactivated_mrr", "contraction_mrr", "churned_mrr", "fx_mrr"];

export function isMovements(names: readonly string[]): boolean {
  return names.length === MOVEMENTS.length && MOVEMENTS.every((m) => names.includes(m));
}

/** Themes with their metrics that have data, in the order of the catalogue; those without come apart. */
export function byTheme(choices: Choices): { themes: [string, MetricTold[]][]; lacking: MetricTold[] } {
  const themes = new Map<string, MetricTold[]>();
  for (const m of choices.metrics.filter((m) => !m.lacks)) {
    const title = THEMES[m.theme];
    themes.set(title, [...(themes.get(title) ?? []), m]);
  }
  return { themes: [...themes], lacking: choices.metrics.filter((m) => m.lacks) };
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
