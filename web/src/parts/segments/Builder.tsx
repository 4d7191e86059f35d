// The rule as groups of conditions that are clicked together, by mouse or by keyboard.
import { ActionIcon, Button, Menu, SegmentedControl, Textarea } from "@mantine/core";
import { createContext, useContext, useEffect, useMemo, useRef, useState, type DragEvent, type KeyboardEvent } from "react";
import type { RuleCounted, RuleProblem } from "../../api";
import { Prose } from "../Prose";
import { AddCondition } from "./AddCondition";
import { useValues } from "./Fields";
import { copied, countLeaves, itemOf, moved, nudged, parentOf, replaced } from "./changes";
import { built, group, ruleOf, type Group, type Item, type Leaf, type Model } from "./model";
import { Sentence } from "./Sentences";
import type { Rule } from "./useRule";
import { grouped, sentence, shareWords, useLanguage } from "./words";

interface Held { id: string; over: { group: string; at: number } | null }
interface Tools {
  rule: Rule;
  held: Held | null;
  /** What is being dragged, known before the page shows it. */
  dragged: React.RefObject<string | null>;
  hold: (held: Held | null) => void;
  focus: (id: string) => void;
  say: (text: string) => void;
  parts: Map<string, RuleCounted["parts"][number]>;
}
const ToolsContext = createContext<Tools | null>(null);
const useTools = (): Tools => useContext(ToolsContext)!;

export function Builder({ rule }: { rule: Rule }) {
  const box = useRef<HTMLDivElement>(null);
  const [wanted, setWanted] = useState<string | null>(null);
  const [held, hold] = useState<Held | null>(null);
  const dragged = useRef<string | null>(null);
  const [said, say] = useState("");
  useEffect(() => {
    if (!wanted) return;
    const row = box.current?.querySelector<HTMLElement>(`[data-item="${wanted}"]`);
    if (!row) return;
    const fields = [...row.querySelectorAll<HTMLElement>(".sentence input:not([type=hidden]), .sentence select, .sentence textarea")];
    const empty = fields.find((f) => (f instanceof HTMLInputElement || f instanceof HTMLTextAreaElement) && !f.value);
    (empty ?? row.querySelector<HTMLElement>(".rowmenu") ?? fields[0])?.focus();
    setWanted(null);
  }, [wanted, rule.root]);
  const parts = useMemo(() => new Map(rule.counted?.parts.map((p) => [p.path.join("."), p])), [rule.counted]);
  const tools: Tools = { rule, held, dragged, hold, focus: setWanted, say, parts };
  const undo = (e: KeyboardEvent) => {
    if (!(e.ctrlKey || e.metaKey) || e.key.toLowerCase() !== "z" || (e.target as HTMLElement).matches("input, textarea")) return;
    e.preventDefault();
    if (e.shiftKey) rule.redo();
    else rule.undo();
  };
  return (
    <ToolsContext.Provider value={tools}>
      <div className="builder" ref={box} role="group" aria-label="Conditions" onKeyDown={undo}>
        <GroupView of={rule.root} depth={0} />
        <p className="visually-hidden" role="status" aria-live="polite">{said}</p>
      </div>
    </ToolsContext.Provider>
  );
}

function GroupView({ of, depth }: { of: Group; depth: number }) {
  const tools = useTools();
  const { rule, focus } = tools;
  const words = useLanguage();
  const change = (next: (g: Group) => Group) => rule.edit((root) => replaced(root, of.id, (i) => next(i as Group)));
  const add = (item: Item) => {
    change((g) => ({ ...g, items: [...g.items, item] }));
    focus(item.id);
  };
  const isRoot = depth === 0;
  const who = words.customers_are;
  return (
    <div className={`group ${of.join}`} data-depth={Math.min(depth, 4)}>
      {(of.items.length > 1 || !isRoot) && (
        <div className="grouphead">
          {!isRoot && <NotSwitch isNot={of.not} onChange={(isNot) => change((g) => ({ ...g, not: isNot }))} />}
          <SegmentedControl
            size="xs" aria-label={isRoot ? "How the conditions go together" : "How the conditions of this group go together"} value={of.join} onChange={(join) => change((g) => ({ ...g, join: join as Group["join"] }))}
            data={[{ value: "and", label: "All of these" }, { value: "or", label: "Any of these" }]}
          />
          {!isRoot && <GroupMenu of={of} />}
          {!isRoot && <Count id={of.id} />}
        </div>
      )}
      {isRoot && !of.items.length && <p className="invite">Everybody is in it so far: all {grouped(words.customers)} {who}. Add conditions to narrow it down.</p>}
      {of.items.map((item, n) => (
        <div key={item.id} className="slot" {...dropTarget(tools, of.id, (e) => n + (isLowerHalf(e) ? 1 : 0), item.id)}>
          <DropLine group={of.id} at={n} />
          {n > 0 && <span className="connector" aria-hidden="true">{of.join}</span>}
          {item.kind === "leaf" ? <LeafView of={item} within={of} /> : <div className="nested" data-item={item.id}><GroupView of={item} depth={depth + 1} /></div>}
        </div>
      ))}
      <div className="addrow" {...dropTarget(tools, of.id, () => of.items.length)}>
        <DropLine group={of.id} at={of.items.length} />
        <AddCondition isFirst={isRoot && !of.items.length} onAdd={add} />
        {(of.items.length > 0 || !isRoot) && depth < 6 && (
          <Button size="compact-md" variant="subtle" onClick={() => add(group(of.join === "and" ? "or" : "and", []))}>Add a group</Button>
        )}
      </div>
    </div>
  );
}

function NotSwitch({ isNot, onChange }: { isNot: boolean; onChange: (isNot: boolean) => void }) {
  if (!isNot) return null;
  return <Button className="not" size="compact-xs" variant="light" color="red" aria-label="Not so: take this away" onClick={() => onChange(false)}>not</Button>;
}

function LeafView({ of, within }: { of: Leaf; within: Group }) {
  const tools = useTools();
  const { rule, hold, held, dragged } = tools;
  const row = useRef<HTMLDivElement>(null);
  const path = rule.pathOf(of.id);
  const isMissing = rule.missing.includes(of.id);
  const troubles = path === undefined ? [] : rule.problems.filter((p) => p.path && p.severity !== "info" && isWithin(p.path.join("."), path));
  const put = (model: Model) => rule.edit((root) => replaced(root, of.id, (i) => ({ ...(i as Leaf), model })));
  const remove = () => {
    const at = within.items.findIndex((i) => i.id === of.id);
    const next = within.items[at + 1] ?? within.items[at - 1];
    rule.edit((root) => replaced(root, of.id, () => null));
    tools.say("Removed");
    if (next) tools.focus(next.id);
  };
  const move = (e: KeyboardEvent) => {
    if (!e.altKey || (e.key !== "ArrowUp" && e.key !== "ArrowDown")) return;
    e.preventDefault();
    e.stopPropagation();
    rule.edit((root) => nudged(root, of.id, e.key === "ArrowUp" ? -1 : 1));
    tools.say(e.key === "ArrowUp" ? "Moved up" : "Moved down");
    tools.focus(of.id);
  };
  return (
    <div
      className={["leaf", isMissing ? "missing" : "", troubles.some((t) => t.severity === "error") ? "wrong" : "", held?.id === of.id ? "held" : ""].join(" ")} data-item={of.id} ref={row} role="group" aria-label="Condition"
      onKeyDown={move}
    >
      <span
        className="grip" title="Drag to move; with the keyboard: Alt and an arrow" aria-hidden="true" draggable
        onDragStart={(e) => { e.dataTransfer.effectAllowed = "move"; e.dataTransfer.setData("text/plain", of.id); e.dataTransfer.setDragImage(row.current!, 10, 10); dragged.current = of.id; setTimeout(() => { if (dragged.current) hold({ id: of.id, over: null }); }); }}
        onDragEnd={() => { dragged.current = null; hold(null); }}
      >⠿</span>
      <div className="sentence">
        <NotSwitch isNot={of.not} onChange={(isNot) => rule.edit((root) => replaced(root, of.id, (i) => ({ ...(i as Leaf), not: isNot })))} />
        {of.model.of === "text" ? <TextCondition of={of} text={of.model.text || rule.textAt(path)} /> : <Sentence model={of.model} onChange={put} />}
      </div>
      <Count id={of.id} />
      <LeafMenu of={of} onRemove={remove} />
      <Hints of={of} isMissing={isMissing} troubles={troubles} />
    </div>
  );
}

const isWithin = (path: string, outer: string): boolean => path === outer || path.startsWith(`${outer}.`) || outer === "";

function drop({ rule, dragged, hold, say, focus }: Tools, place: { group: string; at: number }) {
  const id = dragged.current;
  dragged.current = null;
  hold(null);
  if (!id) return;
  rule.edit((root) => moved(root, id, place.group, place.at));
  say("Moved");
  focus(id);
}

const isLowerHalf = (e: DragEvent): boolean => {
  const box = e.currentTarget.getBoundingClientRect();
  return e.clientY > box.top + box.height / 2;
};

/** What can be dropped onto: the innermost under the pointer counts. `own`: what stands there itself. */
function dropTarget(tools: Tools, group: string, at: (e: DragEvent) => number, own?: string) {
  return {
    onDragOver: (e: DragEvent) => {
      const id = tools.dragged.current;
      if (!id || id === own) return;
      e.preventDefault();
      e.stopPropagation();
      const place = { group, at: at(e) };
      if (tools.held?.over?.group !== group || tools.held.over.at !== place.at) tools.hold({ id, over: place });
    },
    onDrop: (e: DragEvent) => {
      if (!tools.dragged.current) return;
      e.preventDefault();
      e.stopPropagation();
      drop(tools, { group, at: at(e) });
    },
  };
}

/** Where a condition that is being dragged would come to stand. */
function DropLine({ group: id, at }: { group: string; at: number }) {
  const { held } = useTools();
  return held?.over?.group === id && held.over.at === at ? <div className="dropline" aria-hidden="true" /> : null;
}

/** What is missing, what is wrong, and what values there are. */
function Hints({ of, isMissing, troubles }: { of: Leaf; isMissing: boolean; troubles: RuleProblem[] }) {
  const { rule, parts } = useTools();
  const path = rule.pathOf(of.id);
  const failed = path === undefined ? null : parts.get(path)?.problem;
  const lacks = useLanguage().attributes.find((a) => of.model.of === "attribute" && a.name === of.model.attribute)?.lacks;
  const shown = isMissing ? [] : troubles.filter((t) => t.code !== "unavailable-attribute" || !lacks);
  return (
    <div className="hints">
      {isMissing && of.model.of !== "text" && <p className="small">Not complete yet; it does not count.</p>}
      {shown.map((t, n) => <p key={n} className={t.severity === "error" ? "small bad" : "small warn"}><Prose text={`${sentence(t.message)}. ${t.remedy ?? ""}`} /></p>)}
      {lacks && <p className="small warn">There is no data for it yet: unknown for everybody.</p>}
      {failed && rule.counted?.members === null && <p className="small warn">{sentence(failed)}.</p>}
      <Summary of={of} />
    </div>
  );
}

function Summary({ of }: { of: Leaf }) {
  const words = useLanguage();
  const { model } = of;
  const name = model.of === "attribute" ? model.attribute : null;
  const isNumeric = name !== null && ["integer", "number", "money", "date"].includes(words.typeOf("", name) ?? "");
  const found = useValues(name ?? "", "", isNumeric);
  if (!isNumeric || !found.data?.summary) return null;
  const unknown = found.data.unknown;
  return <p className="small">In your data {found.data.summary}{unknown > 0 && `; unknown for ${grouped(unknown)}`}</p>;
}

/** For how many it is true; in an "and" also how many are left with those before. */
function Count({ id }: { id: string }) {
  const { rule, parts } = useTools();
  const path = rule.pathOf(id);
  const part = path === undefined ? undefined : parts.get(path);
  const customers = rule.counted?.customers ?? 0;
  if (!part || part.members === null) return <span className="count empty" aria-hidden="true">{path === undefined || rule.counted?.members === null ? "–" : "…"}</span>;
  const left = part.with_those_before;
  const isStale = rule.isCounting;
  return (
    <span className={isStale ? "count old" : "count"} title={`True for ${grouped(part.members)} of ${grouped(customers)}`}>
      <b>{grouped(part.members)}</b>
      {left != null && <span className="left">→ {grouped(left)} left</span>}
      <i className="bar" aria-hidden="true"><i style={{ width: `${(100 * part.members) / Math.max(customers, 1)}%` }} />{left != null && <i className="kept" style={{ width: `${(100 * left) / Math.max(customers, 1)}%` }} />}</i>
      <span className="visually-hidden">{shareWords(part.members, customers)}</span>
    </span>
  );
}

function LeafMenu({ of, onRemove }: { of: Leaf; onRemove: () => void }) {
  const { rule, focus } = useTools();
  const words = useLanguage();
  const path = rule.pathOf(of.id);
  const edit = (change: (i: Item) => Item | null) => rule.edit((root) => replaced(root, of.id, change));
  const parent = parentOf(rule.root, of.id);
  const canLeave = parent !== null && parent.id !== rule.root.id;
  return (
    <Menu position="bottom-end" shadow="md" withinPortal>
      <Menu.Target><ActionIcon className="rowmenu" variant="subtle" color="gray" aria-label="Change this condition">⋯</ActionIcon></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => edit((i) => ({ ...(i as Leaf), not: !(i as Leaf).not }))}>{of.not ? "Take the “not” away" : "Turn into its opposite: not"}</Menu.Item>
        <Menu.Item onClick={() => { const copy = copied(of); rule.edit((root) => replaced(root, parent!.id, (g) => ({ ...(g as Group), items: (g as Group).items.toSpliced((g as Group).items.findIndex((i) => i.id === of.id) + 1, 0, copy) }))); focus(copy.id); }}>Duplicate</Menu.Item>
        <Menu.Item rightSection={<kbd>Alt ↑</kbd>} onClick={() => rule.edit((root) => nudged(root, of.id, -1))}>Move up</Menu.Item>
        <Menu.Item rightSection={<kbd>Alt ↓</kbd>} onClick={() => rule.edit((root) => nudged(root, of.id, 1))}>Move down</Menu.Item>
        <Menu.Item onClick={() => { edit((i) => group(parent?.join === "and" ? "or" : "and", [i])); }}>Put into a group of its own</Menu.Item>
        {canLeave && <Menu.Item onClick={() => rule.edit((root) => { const outer = parentOf(root, parent.id)!; return moved(root, of.id, outer.id, outer.items.findIndex((i) => i.id === parent.id) + 1); })}>Take out of the group</Menu.Item>}
        {of.model.of !== "text" && path !== undefined && (
          <Menu.Item onClick={() => { const text = rule.textAt(path); edit((i) => ({ ...(i as Leaf), not: false, model: { of: "text", text, tree: built(i as Leaf, words.typeOf) } })); focus(of.id); }}>Edit as text</Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item color="red" onClick={onRemove}>Remove</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function GroupMenu({ of }: { of: Group }) {
  const { rule, say, focus } = useTools();
  const n = countLeaves(of);
  const remove = () => {
    const parent = parentOf(rule.root, of.id);
    rule.edit((root) => replaced(root, of.id, () => null));
    say(`Removed a group of ${n}`);
    const next = parent?.items.find((i) => i.id !== of.id);
    if (next) focus(next.id);
  };
  return (
    <Menu position="bottom-start" shadow="md" withinPortal>
      <Menu.Target><ActionIcon className="rowmenu" variant="subtle" color="gray" aria-label="Change this group">⋯</ActionIcon></Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => rule.edit((root) => replaced(root, of.id, (g) => ({ ...(g as Group), not: !of.not })))}>{of.not ? "Take the “not” away" : "Turn into its opposite: not"}</Menu.Item>
        <Menu.Item onClick={() => rule.edit((root) => nudged(root, of.id, -1))}>Move up</Menu.Item>
        <Menu.Item onClick={() => rule.edit((root) => nudged(root, of.id, 1))}>Move down</Menu.Item>
        <Menu.Item onClick={() => { const copy = copied(of); rule.edit((root) => { const parent = parentOf(root, of.id)!; return replaced(root, parent.id, (g) => ({ ...(g as Group), items: [...(g as Group).items, copy] })); }); }}>Duplicate</Menu.Item>
        <Menu.Item onClick={() => rule.edit((root) => { const parent = parentOf(root, of.id)!; return replaced(root, parent.id, (g) => ({ ...(g as Group), items: (g as Group).items.flatMap((i) => (i.id === of.id ? of.items : [i])) })); })}>Dissolve the group, keep its conditions</Menu.Item>
        <Menu.Divider />
        <Menu.Item color="red" onClick={remove}>{n ? `Remove the group and its ${n === 1 ? "condition" : `${n} conditions`}` : "Remove the group"}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** What the builder has no controls for. It becomes controls again, where there are some, once it is left. */
function TextCondition({ of, text }: { of: Leaf; text: string }) {
  const { rule } = useTools();
  const words = useLanguage();
  const [typed, setTyped] = useState<string | null>(null);
  const [troubles, setTroubles] = useState<RuleProblem[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const shown = typed ?? text;
  const type = (next: string) => {
    setTyped(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void rule.readCondition(next).then(({ tree, problems }) => {
      setTroubles(problems);
      rule.edit((root) => replaced(root, of.id, (i) => ({ ...(i as Leaf), model: { of: "text", text: next, tree } })));
    }), 250);
  };
  const leave = () => {
    const model = (itemOf(rule.root, of.id) as Leaf | null)?.model;
    if (typed === null || model?.of !== "text" || !model.tree || model.text !== typed) return;
    const made = ruleOf(model.tree, words.typeOf);
    const item = made.items.length === 1 ? made.items[0]! : made;
    if (item.kind === "leaf" && item.model.of !== "text") rule.edit((root) => replaced(root, of.id, () => ({ ...item, id: of.id, not: item.not !== of.not })));
    setTyped(null);
  };
  return (
    <div className="textcondition">
      <Textarea
        size="sm" autosize minRows={1} aria-label="Condition as text" placeholder="such as: coalesce(nps_score, 0) >= 9" value={shown} spellCheck={false} onChange={(e) => type(e.currentTarget.value)} onBlur={leave}
        onKeyDown={(e) => { if (e.key === "Enter" && !e.shiftKey) { e.preventDefault(); leave(); } }} error={troubles.length > 0}
      />
      {troubles.map((t, n) => <p key={n} className="small bad"><Prose text={`${sentence(t.message)}. ${t.remedy ?? ""}`} /></p>)}
    </div>
  );
}
