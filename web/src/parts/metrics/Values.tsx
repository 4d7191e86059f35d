import { useRef, useState, type FocusEvent, type KeyboardEvent, type PointerEvent } from "react";
import type { Cell, MetricAnswer, MetricTold } from "../../api";
import type { Behinds } from "../../asked";
import { Change } from "./Headlines";
import { sentence } from "./words";

interface Column {
  title: string;
  cells: Map<string, Cell>;
}

/** The values: periods from the newest on, a column for each group or metric. A value opens who is behind it. */
export function Values({ answer, look }: { answer: MetricAnswer; look: (behind: Behinds) => void }) {
  const plain = answer.by == null;
  const of = (metric: string, group?: string) =>
    new Map(answer.cells.filter((c) => c.metric === metric && (group == null || c.group === group)).map((c) => [c.period, c]));
  if (plain) {
    const columns = answer.metrics.map((m) => ({ title: m.title, cells: of(m.name) }));
    return <Grid label="Values" answer={answer} columns={columns} isDetailed={answer.metrics.length === 1} look={look} />;
  }
  return answer.metrics.map((m) => (
    <div key={m.name}>
      {answer.metrics.length > 1 && <h3>{m.title}</h3>}
      <Grid label={`${m.title} by ${answer.by_title}`} answer={answer} look={look} columns={answer.groups.map((g) => ({ title: g.replace("next_best", "next best"), cells: of(m.name, g) }))} />
    </div>
  ));
}

function Grid({ label, answer, columns, isDetailed = false, look }: {
  label: string;
  answer: MetricAnswer;
  columns: Column[];
  isDetailed?: boolean;
  look: (behind: Behinds) => void;
}) {
  const [current, setCurrent] = useState("0.0");
  const [pointed, setPointed] = useState<{ cell: Cell; box: DOMRect } | null>(null);
  const table = useRef<HTMLTableElement>(null);
  const periods = answer.periods.toReversed();
  const all = columns.flatMap((c) => [...c.cells.values()]);
  const hasN = isDetailed && all.some((c) => c.n != null);
  const hasChange = isDetailed && all.some((c) => c.change);
  const move = (e: KeyboardEvent) => {
    if (e.key === "Escape") setPointed(null);
    const steps: Record<string, [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[e.key];
    const at = (e.target as HTMLElement).dataset.at;
    if (!step || !at) return;
    e.preventDefault();
    const [row = 0, column = 0] = at.split(".").map(Number);
    table.current?.querySelector<HTMLElement>(`[data-at="${row + step[0]}.${column + step[1]}"]`)?.focus();
  };
  const point = (cell: Cell) => (e: PointerEvent | FocusEvent) => setPointed({ cell, box: e.currentTarget.getBoundingClientRect() });
  return (
    <>
      <div className="scroll values" onScroll={() => setPointed(null)}>
        <table ref={table} onKeyDown={move} aria-label={label}>
          <thead>
            <tr>
              <th scope="col">{sentence(answer.every)}</th>
              {columns.map((c) => <th key={c.title} scope="col" className="n">{isDetailed ? (all.some((v) => v.span) ? "Value, likely range" : "Value") : c.title}</th>)}
              {hasChange && <th scope="col" className="n">Against the {answer.every} before</th>}
              {hasN && <th scope="col" className="n">Of</th>}
            </tr>
          </thead>
          <tbody>
            {periods.map((p, row) => (
              <tr key={p.label}>
                <th scope="row">{p.label}{p.is_partial && <span className="badge">not over yet</span>}</th>
                {columns.map(({ title, cells }, column) => {
                  const cell = cells.get(p.label);
                  const at = `${row}.${column}`;
                  if (!cell) return <td key={title} className="n">–</td>;
                  return (
                    <td key={title} className="n">
                      <button
                        type="button"
                        className={cell.value == null ? "value none" : "value"}
                        data-at={at}
                        tabIndex={at === current ? 0 : -1}
                        aria-label={spoken(cell, columns.length > 1 ? title : null)}
                        onFocus={(e) => { setCurrent(at); if (e.currentTarget.matches(":focus-visible")) point(cell)(e); }}
                        onBlur={() => setPointed(null)}
                        onPointerEnter={(e) => { if (e.pointerType !== "touch") point(cell)(e); }}
                        onPointerLeave={() => setPointed(null)}
                        onClick={() => { setPointed(null); look({ metric: cell.metric, group: cell.group, period: cell.period }); }}
                      >
                        {cell.text}
                        {cell.span && <span className="small">{cell.span}</span>}
                      </button>
                    </td>
                  );
                })}
                {isDetailed && <Details cell={columns[0]!.cells.get(p.label)} hasChange={hasChange} hasN={hasN} />}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pointed && <Tip cell={pointed.cell} box={pointed.box} />}
    </>
  );
}

function Details({ cell, hasChange, hasN }: { cell?: Cell; hasChange: boolean; hasN: boolean }) {
  const why = cell?.value == null ? sentence(cell?.reason ?? "") : "";
  const width = Number(hasChange) + Number(hasN);
  if (why && width) return <td className="n quiet why-none" colSpan={width}>{why}</td>;
  return (
    <>
      {hasChange && <td className="n">{cell && <Change cell={cell} />}</td>}
      {hasN && <td className="n quiet">{cell?.n?.toLocaleString("en")}{cell?.too_young ? <span className="small">{young(cell)}</span> : null}</td>}
    </>
  );
}

function Tip({ cell, box }: { cell: Cell; box: DOMRect }) {
  const isLow = box.top < 160;
  const left = Math.min(Math.max(box.left + box.width / 2, 130), innerWidth - 130);
  return (
    <div className={isLow ? "tip below" : "tip"} role="tooltip" style={{ left, top: isLow ? box.bottom : box.top }}>
      {facts(cell).map((f) => <span key={f}>{f}</span>)}
      {cell.change && <Change cell={cell} />}
      <span className="hint">Click: who is behind it</span>
    </div>
  );
}

/** What is to know of a value besides itself. */
export function facts(cell: Cell): string[] {
  return [
    ...(cell.value == null && cell.reason ? [sentence(cell.reason)] : []),
    ...(cell.span ? [`Likely range ${cell.span}`] : []),
    ...(cell.n != null && cell.value != null ? [`Of ${cell.n.toLocaleString("en")}`] : []),
    ...(cell.too_young ? [young(cell)] : []),
  ];
}

function young(cell: Cell): string {
  return `${cell.too_young.toLocaleString("en")} too young to count`;
}

function spoken(cell: Cell, column: string | null): string {
  const value = cell.value == null ? "no value" : cell.text;
  return [column, cell.period, value, ...facts(cell), "who is behind it"].filter(Boolean).join(", ");
}

export function cellOf(answer: MetricAnswer | undefined, at: Behinds): Cell | undefined {
  return answer?.cells.find((c) => c.metric === at.metric && c.group === at.group && c.period === at.period);
}

export function metricOf(answer: MetricAnswer | undefined, name: string): MetricTold | undefined {
  return answer?.metrics.find((m) => m.name === name);
}
