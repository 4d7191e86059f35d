// Changes of the builder's rule; each gives a new rule and leaves the old one as it was.
import { fresh, type Group, type Item } from "./model";

export function replaced(root: Group, id: string, change: (item: Item) => Item | null): Group {
  const items = root.items.flatMap((item): Item[] => {
    if (item.id === id) {
      const next = change(item);
      return next ? [next] : [];
    }
    return [item.kind === "group" ? replaced(item, id, change) : item];
  });
  return root.id === id ? (change(root) as Group) : { ...root, items };
}

export function parentOf(root: Group, id: string): Group | null {
  if (root.items.some((i) => i.id === id)) return root;
  for (const item of root.items) {
    const found = item.kind === "group" && parentOf(item, id);
    if (found) return found;
  }
  return null;
}

export function itemOf(root: Group, id: string): Item | null {
  if (root.id === id) return root;
  for (const item of root.items) {
    const found = item.id === id ? item : item.kind === "group" ? itemOf(item, id) : null;
    if (found) return found;
  }
  return null;
}

/** Put an item elsewhere: into a group, before the one at `at`. */
export function moved(root: Group, id: string, into: string, at: number): Group {
  const item = itemOf(root, id);
  const from = parentOf(root, id);
  if (!item || !from || (item.kind === "group" && itemOf(item, into))) return root;
  const place = from.id === into && from.items.findIndex((i) => i.id === id) < at ? at - 1 : at;
  const without = replaced(root, id, () => null);
  const put = (g: Item): Item => ({ ...(g as Group), items: (g as Group).items.toSpliced(place, 0, item) });
  return replaced(without, into, put);
}

/** One place up or down; over the edge of a group, out of it; onto a group, into it. */
export function nudged(root: Group, id: string, step: -1 | 1): Group {
  const parent = parentOf(root, id);
  if (!parent) return root;
  const at = parent.items.findIndex((i) => i.id === id);
  const beside = parent.items[at + step];
  if (beside?.kind === "group") return moved(root, id, beside.id, step > 0 ? 0 : beside.items.length);
  if (beside) return moved(root, id, parent.id, step > 0 ? at + 2 : at - 1);
  const outer = parentOf(root, parent.id);
  if (!outer) return root;
  const place = outer.items.findIndex((i) => i.id === parent.id);
  return moved(root, id, outer.id, step > 0 ? place + 1 : place);
}

export function copied(item: Item): Item {
  return item.kind === "leaf" ? { ...item, id: fresh() } : { ...item, id: fresh(), items: item.items.map(copied) };
}

export function countLeaves(item: Item): number {
  return item.kind === "leaf" ? 1 : item.items.reduce((n, i) => n + countLeaves(i), 0);
}
