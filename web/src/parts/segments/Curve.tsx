import { useState, type KeyboardEvent, type PointerEvent } from "react";
import type { SegmentPageTold } from "../../api";
import { grouped } from "./words";

type Days = SegmentPageTold["days"];
const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM] = [640, 180, 46, 12, 24];

/** The size on each published day, with a mark where the rule became another one. */
export function Curve({ days }: { days: Days }) {
  const [at, setAt] = useState<number | null>(null);
  const time = days.map((d) => Date.parse(d.day));
  const [first, last] = [time[0]!, time.at(-1)!];
  const high = nice(Math.max(...days.map((d) => d.size), 1));
  const x = (n: number) => LEFT + ((WIDTH - LEFT - 10) * (time[n]! - first)) / Math.max(last - first, 1);
  const y = (v: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - v / high);
  const point = (e: PointerEvent<SVGSVGElement>) => {
    const box = e.currentTarget.getBoundingClientRect();
    const here = ((e.clientX - box.left) / box.width) * WIDTH;
    setAt(days.reduce((best, _, n) => (Math.abs(x(n) - here) < Math.abs(x(best) - here) ? n : best), 0));
  };
  const step = (e: KeyboardEvent) => {
    const to = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (!to) return;
    e.preventDefault();
    setAt((now) => Math.min(Math.max((now ?? days.length) + to, 0), days.length - 1));
  };
  const shown = at === null ? null : days[at]!;
  const line = days.map((d, n) => `${x(n)},${y(d.size)}`).join(" ");
  const changes = days.flatMap((d, n) => (d.is_other_rule ? [n] : []));
  return (
    <figure className="sizes">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" tabIndex={0} aria-label={`From ${grouped(days[0]!.size)} on ${days[0]!.day} to ${grouped(days.at(-1)!.size)} on ${days.at(-1)!.day}`} onPointerMove={point} onPointerLeave={() => setAt(null)} onKeyDown={step} onBlur={() => setAt(null)}>
        {[0, high / 2, high].map((v) => <g key={v}><line className="grid" x1={LEFT} x2={WIDTH - 10} y1={y(v)} y2={y(v)} /><text x={LEFT - 8} y={y(v) + 4} textAnchor="end">{grouped(v)}</text></g>)}
        <text x={x(0)} y={HEIGHT - 6}>{days[0]!.day}</text><text x={WIDTH - 10} y={HEIGHT - 6} textAnchor="end">{days.at(-1)!.day}</text>
        <polygon className="area" points={`${x(0)},${y(0)} ${line} ${x(days.length - 1)},${y(0)}`} />
        <polyline className="line" points={line} />
        {days.map((d, n) => (days.length <= 40 || d.stale) && <circle key={d.day} className={d.stale ? "dot stale" : "dot"} cx={x(n)} cy={y(d.size)} r={3} />)}
        {changes.map((n) => <g key={n} className="other"><line x1={x(n)} x2={x(n)} y1={TOP} y2={HEIGHT - BOTTOM} /><circle cx={x(n)} cy={y(days[n]!.size)} r={4.5} /></g>)}
        {at !== null && <line className="now" x1={x(at)} x2={x(at)} y1={TOP} y2={HEIGHT - BOTTOM} />}
        {at !== null && <circle className="now" cx={x(at)} cy={y(days[at]!.size)} r={5} />}
      </svg>
      <figcaption aria-live="polite">
        {shown ? <><strong>{shown.day}</strong>: {grouped(shown.size)}{shown.is_other_rule && ", with another rule than before"}{shown.stale && ", as last known: the rule could not be evaluated"}</> : changes.length > 0 ? <><i className="othermark" aria-hidden="true" /> the rule became another one</> : <span className="quiet">{days.length} published days</span>}
      </figcaption>
    </figure>
  );
}

function nice(top: number): number {
  const unit = 10 ** Math.floor(Math.log10(top));
  return Math.max([1, 2, 4, 5, 10].find((m) => m * unit >= top)! * unit, 2);
}
