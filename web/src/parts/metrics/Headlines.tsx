import type { CSSProperties } from "react";
import type { Cell, Choices, MetricAnswer } from "../../api";
import { address, type Asked } from "../../asked";
import { byTheme, DIRECTIONS, lackWords, sentence } from "./words";

/** The headline metrics side by side: the last value that is over, its change, and how it came there. */
export function Headlines({ answer, asked }: { answer: MetricAnswer; asked: Asked }) {
  return (
    <ul className="headlines" aria-label="Headline metrics" style={{ "--count": Math.min(Math.max(answer.metrics.length, 3), 6) } as CSSProperties}>
      {answer.metrics.map((m) => {
        const cells = answer.cells.filter((c) => c.metric === m.name);
        const over = cells.filter((_, n) => !answer.periods[n]?.is_partial);
        const last = over.findLast((c) => c.value != null) ?? cells.at(-1);
        return (
          <li key={m.name}>
            <a className="card headline-metric" href={address({ ...asked, names: [m.name] })} data-metric={m.name}>
              <span className="title">{m.title}</span>
              <span className="value">{last?.text ?? "–"}</span>
              <span className="since">
                {last && <Change cell={last} />}
                <span className="quiet">{last?.value != null ? last.period : last?.reason}</span>
              </span>
              <Spark cells={over} />
              <span className="visually-hidden">{DIRECTIONS[m.direction]}. {sentence(m.meaning)}.</span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}

/** A change with an arrow, and a word for whether it is good. */
export function Change({ cell }: { cell: Cell }) {
  if (!cell.change) return null;
  if (/^[+-]0(\.0)?(%| points)?$/.test(cell.change)) return <span className="change">no change</span>;
  const arrow = cell.change.startsWith("+") ? "▲" : cell.change.startsWith("-") ? "▼" : "";
  const kind = cell.better == null ? "" : cell.better ? "better" : "worse";
  const verdict = cell.chance ? ", may be chance" : kind && ` ${kind}`;
  return (
    <span className={`change ${kind}`}>
      <span aria-hidden="true">{arrow} </span>{cell.change.replace("-", "−")}{verdict}
    </span>
  );
}

const [WIDE, HIGH] = [200, 48];

/** A line over the periods, with the likely range behind it; drawn for the eye only, the table says it in numbers. */
function Spark({ cells }: { cells: readonly Cell[] }) {
  const known = cells.flatMap((c) => [c.value, c.low, c.high]).filter((v): v is number => v != null);
  if (cells.filter((c) => c.value != null).length < 2) return <span className="spark" />;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const x = (n: number) => (cells.length > 1 ? (n / (cells.length - 1)) * WIDE : 0);
  const y = (v: number) => (high > low ? HIGH - 4 - ((v - low) / (high - low)) * (HIGH - 8) : HIGH / 2);
  const runs = cells.reduce<[number, Cell][][]>((made, c, n) => {
    if (c.value == null) return [...made, []];
    return [...made.slice(0, -1), [...(made.at(-1) ?? []), [n, c]]];
  }, [[]]).filter((run) => run.length);
  const path = (points: [number, number][]) => points.map(([px, py], n) => `${n ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
  const last = runs.at(-1)!.at(-1)!;
  return (
    <span className="spark" aria-hidden="true">
      <svg viewBox={`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none">
        {runs.map((run) => {
          const ranged = run.filter(([, c]) => c.low != null && c.high != null);
          const line = run.map(([n, c]): [number, number] => [x(n), y(c.value!)]);
          const band = [
            ...ranged.map(([n, c]): [number, number] => [x(n), y(c.high!)]),
            ...ranged.toReversed().map(([n, c]): [number, number] => [x(n), y(c.low!)]),
          ];
          return (
            <g key={run[0]![0]}>
              <path className="band" d={band.length ? `${path(band)}Z` : `${path([...line, [line.at(-1)![0], HIGH], [line[0]![0], HIGH]])}Z`} />
              <path className="line" d={path(line)} vectorEffect="non-scaling-stroke" />
            </g>
          );
        })}
      </svg>
      <i style={{ left: `${(x(last[0]) / WIDE) * 100}%`, top: `${(y(last[1].value!) / HIGH) * 100}%` }} />
    </span>
  );
}

/** Every metric there is, by theme; those without data last, with what would give them. */
export function Catalogue({ choices, asked }: { choices: Choices; asked: Asked }) {
  const { themes, lacking } = byTheme(choices);
  return (
    <section className="card catalogue" aria-label="All metrics">
      <h2>All metrics</h2>
      <div className="themes">
        {themes.map(([theme, metrics]) => (
          <div key={theme}>
            <h3>{theme}</h3>
            <ul>
              {metrics.map((m) => (
                <li key={m.name}><a href={address({ ...asked, names: [m.name], by: null })} title={sentence(m.meaning)}>{m.title}</a></li>
              ))}
            </ul>
          </div>
        ))}
      </div>
      {lacking.length > 0 && (
        <details className="fold">
          <summary>{lacking.length} more, of which there is no data yet</summary>
          <ul className="missing">
            {lacking.map((m) => (
              <li key={m.name} className="quiet"><a href={address({ ...asked, names: [m.name], by: null })}>{m.title}</a>: needs {lackWords(m.lacks!)}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
