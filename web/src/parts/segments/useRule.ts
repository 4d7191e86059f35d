// One rule with two sides: what is clicked together and what is written. Each side follows the other; the tree travels.
import { useCallback, useEffect, useMemo, useReducer, useState } from "react";
import { client, ServerError, told, type Diagnostic, type RuleCounted, type RuleProblem, type RuleRead } from "../../api";
import { builtRule, ruleOf, type Group } from "./model";
import type { Tree } from "./tree";
import type { Words } from "./words";

const READ_AFTER = { builder: 60, text: 180 };
const COUNT_AFTER = 220;
const REMEMBERED = 100;

export interface Rule {
  root: Group;
  text: string;
  english: string;
  problems: RuleProblem[];
  /** Whether the text can be counted and saved. */
  ok: boolean;
  /** Whether the builder shows what the text says. */
  inStep: boolean;
  /** Conditions in which something is missing. */
  missing: string[];
  isEmpty: boolean;
  counted: RuleCounted | null;
  /** Whether the count is that of the present text. */
  isCounting: boolean;
  countTroubles: Diagnostic[];
  pathOf: (id: string) => string | undefined;
  textAt: (path: string | undefined) => string;
  edit: (change: (root: Group) => Group) => void;
  write: (text: string) => void;
  /** What a text says on its own; its tree only where it has no mistake. */
  readCondition: (text: string) => Promise<{ tree: Tree | null; problems: RuleProblem[] }>;
  undo: () => void;
  redo: () => void;
  canUndo: boolean;
  canRedo: boolean;
  recount: () => void;
  isTouched: boolean;
}

interface State {
  root: Group;
  text: string;
  from: "builder" | "text" | "server";
  turn: number;
}

interface Timeline { now: State; past: State[]; future: State[] }
type Step = { kind: "turn" | "settle"; change: (now: State) => State } | { kind: "undo" } | { kind: "redo" };

/** `turn`: somebody changed something; `settle`: what follows from it. Letters typed one after the other are one step. */
function stepped(line: Timeline, step: Step): Timeline {
  if (step.kind === "undo" || step.kind === "redo") {
    const [from, to] = step.kind === "undo" ? [line.past, line.future] : [line.future, line.past];
    const next = from.at(-1);
    if (!next) return line;
    const now: State = { ...next, from: next.from === "builder" || !next.text.trim() ? "builder" : "text", turn: line.now.turn + 1 };
    const [rest, other] = [from.slice(0, -1), [...to, line.now]];
    return step.kind === "undo" ? { now, past: rest, future: other } : { now, past: other, future: rest };
  }
  const made = step.change(line.now);
  if (made === line.now) return line;
  if (step.kind === "settle") return { ...line, now: made };
  const isTyping = made.from === "text" && line.now.from === "text";
  return { now: { ...made, turn: line.now.turn + 1 }, past: isTyping ? line.past : [...line.past.slice(-REMEMBERED), line.now], future: [] };
}

export function useRule(words: Words, initial: RuleRead | null, restored: string | null): Rule {
  const start = useMemo(() => ({ root: ruleOf((initial?.tree as Tree | null) ?? null, words.typeOf), text: initial?.text ?? "" }), [initial, words]);
  const [line, dispatch] = useReducer(stepped, null, (): Timeline => ({
    now: { ...start, text: restored ?? start.text, from: restored === null ? "server" : "text", turn: 0 }, past: [], future: [],
  }));
  const state = line.now;
  const [read, setRead] = useState<RuleRead | null>(initial);
  const [counted, setCounted] = useState<{ of: string; told: RuleCounted } | null>(null);
  const [countTroubles, setCountTroubles] = useState<Diagnostic[]>([]);
  const [again, setAgain] = useState(0);

  const builder = useMemo(() => builtRule(state.root, words.typeOf), [state.root, words]);

  const turnTo = useCallback((change: (now: State) => State) => dispatch({ kind: "turn", change }), []);
  const settle = useCallback((change: (now: State) => State) => dispatch({ kind: "settle", change }), []);

  const edit = useCallback((change: (root: Group) => Group) => turnTo((now) => ({ ...now, root: change(now.root), from: "builder" })), [turnTo]);
  const write = useCallback((text: string) => turnTo((now) => (text === now.text ? now : { ...now, text, from: "text" })), [turnTo]);

  // What was changed is read by the server; an answer to an earlier state is thrown away.
  useEffect(() => {
    if (state.from === "server") return;
    const stop = new AbortController();
    const isBuilt = state.from === "builder";
    const timer = setTimeout(async () => {
      if (isBuilt && !builder.tree) {
        setRead(null);
        settle((now) => (now.turn === state.turn ? { ...now, text: "" } : now));
        return;
      }
      if (!isBuilt && !state.text.trim()) {
        setRead(null);
        settle((now) => (now.turn === state.turn ? { ...now, root: { ...now.root, items: [] } } : now));
        return;
      }
      const body = isBuilt ? { tree: builder.tree as unknown as Record<string, never>, text: state.text } : { text: state.text };
      try {
        const found = await told(client.POST("/api/segments/read", { body, signal: stop.signal }));
        if (stop.signal.aborted) return;
        setRead(found);
        settle((now) => {
          if (now.turn !== state.turn) return now;
          if (isBuilt) return now.text === found.text ? now : { ...now, text: found.text };
          return found.tree ? { ...now, root: ruleOf(found.tree as unknown as Tree, words.typeOf, now.root) } : now;
        });
      } catch (e) {
        if (!stop.signal.aborted && e instanceof ServerError) setRead(broken(state.text, e.diagnostics));
      }
    }, READ_AFTER[isBuilt ? "builder" : "text"]);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
    // the builder's tree belongs to the turn
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [state.turn, state.from]);

  const isRead = read !== null && read.text === state.text;
  const countable = isRead && read.ok ? read.text : null;
  useEffect(() => {
    if (countable === null || (counted?.of === countable && !again)) return;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const found = await told(client.POST("/api/segments/count", { body: { text: countable }, signal: stop.signal }));
        if (stop.signal.aborted) return;
        setCounted({ of: countable, told: found });
        setCountTroubles([]);
        setAgain(0);
      } catch (e) {
        if (stop.signal.aborted || !(e instanceof ServerError) || e.diagnostics[0]?.code === "superseded") return;
        setCounted(null);
        setCountTroubles(e.diagnostics);
      }
    }, COUNT_AFTER);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [countable, again]);

  const readCondition = useCallback(async (text: string) => {
    const found = await told(client.POST("/api/segments/read", { body: { text } }));
    return { tree: found.ok ? (found.tree as unknown as Tree) : null, problems: found.problems.filter((p) => p.severity === "error") };
  }, []);

  const parts = useMemo(() => new Map(read?.parts.map((p) => [p.path.join("."), p.text])), [read]);
  const isEmpty = !builder.tree && !state.text.trim();
  const isCounted = counted !== null && counted.of === countable;
  return {
    root: state.root,
    text: state.text,
    english: read?.english ?? "",
    problems: read && !isEmpty ? read.problems : [],
    ok: isRead && read.ok,
    inStep: isEmpty || read === null || read.tree !== null,
    missing: builder.missing,
    isEmpty,
    counted: counted?.told ?? null,
    isCounting: !isEmpty && countable !== null && !isCounted && !countTroubles.length,
    countTroubles,
    pathOf: (id) => builder.paths.get(id),
    textAt: (path) => (path === undefined ? "" : (parts.get(path) ?? "")),
    edit,
    write,
    readCondition,
    undo: () => dispatch({ kind: "undo" }),
    redo: () => dispatch({ kind: "redo" }),
    canUndo: line.past.length > 0,
    canRedo: line.future.length > 0,
    recount: () => setAgain((n) => n + 1),
    isTouched: state.text !== start.text || builder.missing.length > 0,
  };
}

function broken(text: string, diagnostics: Diagnostic[]): RuleRead {
  return {
    text, ok: false, tree: null, english: "", parts: [],
    problems: diagnostics.map((d) => ({ code: d.code, severity: "error", message: d.message, why: d.why ?? null, remedy: d.remedy ?? null, nearest: null, start: null, end: null, path: null })),
  };
}
