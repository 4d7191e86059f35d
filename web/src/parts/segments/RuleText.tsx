import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, startCompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState, RangeSetBuilder } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, keymap, placeholder, ViewPlugin, type DecorationSet, type ViewUpdate } from "@codemirror/view";
import { useEffect, useRef } from "react";
import type { RuleProblem } from "../../api";
import { completionsFor } from "./complete";
import { tokens } from "./RuleShown";
import { sentence, type Words } from "./words";

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
const MARKS = Object.fromEntries(["comment", "text", "number", "option", "call", "keyword", "sign"].map((name) => [name, Decoration.mark({ class: `t-${name}` })]));

const coloured = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) { this.decorations = this.paint(view); }
    update(update: ViewUpdate) { if (update.docChanged) this.decorations = this.paint(update.view); }
    paint(view: EditorView): DecorationSet {
      const builder = new RangeSetBuilder<Decoration>();
      for (const t of tokens(view.state.doc.toString())) builder.add(t.from, t.to, MARKS[t.kind]!);
      return builder.finish();
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** What replaces a selection is put in here: the browser would give it the look of what was there, as inline style. */
const replacing = EditorView.domEventHandlers({
  beforeinput: (event, view) => {
    const { from, to, empty } = view.state.selection.main;
    if (event.inputType !== "insertText" || empty || !event.data || view.composing) return false;
    event.preventDefault();
    const insert = () => view.state.update({ ...view.state.replaceSelection(event.data!), userEvent: "input.type", scrollIntoView: true });
    if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, event.data!, insert))) view.dispatch(insert());
    return true;
  },
});

/** The rule as text: with completion, and with what is wrong underlined where it stands. */
export function RuleText({ text, problems, words, onChange, label }: {
  text: string;
  problems: readonly RuleProblem[];
  words: Words;
  onChange: (text: string) => void;
  label: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const changed = useRef(onChange);
  changed.current = onChange;

  useEffect(() => {
    const editor = new EditorView({
      parent: box.current!,
      state: EditorState.create({
        doc: text,
        extensions: [
          EditorView.cspNonce.of(nonce),
          history(),
          drawSelection(),
          EditorView.lineWrapping,
          closeBrackets(),
          replacing,
          coloured,
          placeholder("Write a condition, such as: plan = 'pro' and seat_count >= 5"),
          autocompletion({ override: [completionsFor(words)], icons: false, activateOnTypingDelay: 60, maxRenderedOptions: 60 }),
          keymap.of([{ key: "Tab", run: acceptCompletion }, { key: "Mod-Space", run: startCompletion }, ...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap]),
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off", autocorrect: "off" }),
          EditorView.updateListener.of((u) => {
            if (u.docChanged && u.transactions.some((t) => t.isUserEvent("input") || t.isUserEvent("delete") || t.isUserEvent("undo") || t.isUserEvent("redo") || t.isUserEvent("move"))) changed.current(u.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
    // made once; text and problems are given to it below
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [words, label]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const now = editor.state.doc.toString();
    if (now !== text) editor.dispatch({ changes: differing(now, text) });
  }, [text]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const length = editor.state.doc.length;
    const found: Diagnostic[] = problems.filter((p) => p.start != null && p.start < Math.max(length, 1)).map((p) => ({
      from: Math.min(p.start!, length),
      to: Math.min(p.end ?? length, length),
      severity: p.severity,
      message: [sentence(p.message), p.remedy].filter(Boolean).join(". ").replace("..", "."),
      ...(p.nearest && /^\w+$/.test(p.nearest) && p.code.startsWith("unknown-")
        ? { actions: [{ name: `Use ${p.nearest}`, apply: (v: EditorView, from: number, to: number) => v.dispatch({ changes: { from, to, insert: kept(v.state.sliceDoc(from, to), p.nearest!) }, userEvent: "input" }) }] }
        : {}),
    }));
    editor.dispatch(setDiagnostics(editor.state, found));
  }, [problems, text]);

  return <div className="ruletext" ref={box} />;
}

/** A name in quotes stays in quotes. */
const kept = (old: string, name: string): string => (old.startsWith("'") ? `'${name}'` : name);

/** Only what differs, so that the cursor stays where it is. */
function differing(before: string, after: string) {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < before.length - start && end < after.length - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { from: start, to: before.length - end, insert: after.slice(start, after.length - end) };
}
