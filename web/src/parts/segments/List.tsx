import { Button, Loader, NativeSelect, Pagination, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, ServerError, told, type Remark, type SegmentList, type SegmentRow } from "../../api";
import { Prose } from "../Prose";
import { Troubles } from "../Troubles";
import { address, goTo } from "./address";
import { Panel } from "./Panel";
import { PlanView } from "./PlanView";
import { grouped, sentence, shareWords } from "./words";

type Sort = "title" | "size" | "money" | "joined" | "left" | "owner";
const PAGE = 50;
const COLUMNS: { key: Sort; title: string; falls: boolean; n: boolean }[] = [
  { key: "title", title: "Segment", falls: false, n: false },
  { key: "size", title: "Size", falls: true, n: true },
  { key: "joined", title: "Joined", falls: true, n: true },
  { key: "left", title: "Left", falls: true, n: true },
  { key: "money", title: "Money", falls: true, n: true },
  { key: "owner", title: "Owner", falls: false, n: false },
];

interface Query { search?: string; family?: string; sort?: Sort; descending?: boolean; offset?: number; limit?: number }

const ask = (query: Query, signal?: AbortSignal) => told(client.GET("/api/segments", { signal, params: { query } }));

export function List() {
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed, 150);
  const [sort, setSort] = useState<{ key: Sort; descending: boolean }>({ key: "title", descending: false });
  const [page, setPage] = useState(1);
  const query = { search, sort: sort.key, descending: sort.descending, offset: (page - 1) * PAGE, limit: PAGE };
  const list = useQuery({ queryKey: ["segments", "list", query], placeholderData: keepPreviousData, queryFn: ({ signal }) => ask(query, signal) });
  const by = (key: Sort) => {
    const column = COLUMNS.find((c) => c.key === key)!;
    setSort((now) => ({ key, descending: now.key === key ? !now.descending : column.falls }));
    setPage(1);
  };
  const data = list.data;
  return (
    <section className="room segmentroom" data-testid="segments">
      <div className="headrow">
        <h1 tabIndex={-1}>Segments</h1>
        <Button onClick={() => goTo({ at: "edit", name: null })}>New segment</Button>
      </div>
      {list.error instanceof ServerError && <Troubles diagnostics={list.error.diagnostics} />}
      {data && data.pending > 0 && <Pending count={data.pending} customers={data.customers_are} />}
      {data && data.all === 0 && !search ? <None /> : (
        <>
          <div className="finding">
            <TextInput aria-label="Search segments" placeholder={data ? `Search ${grouped(data.all)} segments: name, owner, rule …` : "Search"} value={typed} onChange={(e) => { setTyped(e.currentTarget.value); setPage(1); }} />
            <NativeSelect
              className="sortpick" aria-label="Sort by" value={`${sort.key} ${sort.descending}`} onChange={(e) => { const [key = "title", falls] = e.currentTarget.value.split(" "); setSort({ key: key as Sort, descending: falls === "true" }); }}
              data={COLUMNS.flatMap((c) => [{ value: `${c.key} ${c.falls}`, label: `By ${c.title.toLowerCase()}` }, ...(sort.key === c.key && sort.descending !== c.falls ? [{ value: `${c.key} ${!c.falls}`, label: `By ${c.title.toLowerCase()}, reversed` }] : [])])}
            />
          </div>
          {!data && !list.error && <p role="status" className="working"><Loader size="xs" aria-hidden="true" /> Reading …</p>}
          {data && (
            <div className={list.isPlaceholderData ? "answered old" : "answered"}>
              <Table list={data} sort={sort} by={by} />
              {!data.rows.length && <p className="nothing quiet">No segment fits “{search}”.</p>}
              {data.total > PAGE && <Pagination className="pages" total={Math.ceil(data.total / PAGE)} value={page} onChange={setPage} getControlProps={(c) => ({ "aria-label": `${c} page` })} getItemProps={(n) => ({ "aria-label": `Page ${n}` })} />}
            </div>
          )}
        </>
      )}
    </section>
  );
}

function None() {
  return (
    <section className="card nothing" aria-label="No segments yet">
      <h2>There are no segments yet</h2>
      <p>A segment is a rule: who is in it changes by itself with every update. Who is worth a call, who is about to leave, whom to ask for a reference?</p>
      <div className="action"><Button onClick={() => goTo({ at: "edit", name: null })}>Make the first one</Button></div>
    </section>
  );
}

function Table({ list, sort, by }: { list: SegmentList; sort: { key: Sort; descending: boolean }; by: (key: Sort) => void }) {
  return (
    <div className="card listcard">
      <table className="segmentlist">
        <thead>
          <tr>
            {COLUMNS.map((c) => (
              <th key={c.key} scope="col" className={[c.n ? "n" : "", `c-${c.key}`].join(" ")} aria-sort={sort.key === c.key ? (sort.descending ? "descending" : "ascending") : undefined}>
                <button type="button" className="sortby" onClick={() => by(c.key)}>{c.key === "money" ? (list.money_title ?? c.title) : c.title}<span aria-hidden="true">{sort.key === c.key ? (sort.descending ? " ↓" : " ↑") : ""}</span></button>
              </th>
            ))}
            <th scope="col" className="c-curve">Size over time</th>
          </tr>
        </thead>
        <tbody>{list.rows.map((r) => <Row key={r.name} row={r} list={list} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ row, list }: { row: SegmentRow; list: SegmentList }) {
  const [open, setOpen] = useState(false);
  const isFamily = row.segments !== null;
  return (
    <>
      <tr className={row.family ? "child" : undefined}>
        <th scope="row" className="c-title">
          <span className="titleline">
            {isFamily && <button type="button" className="unfold" aria-expanded={open} aria-label={`The ${row.segments} segments of ${row.title}`} onClick={() => setOpen(!open)}>{open ? "▾" : "▸"}</button>}
            <a href={address({ at: "one", name: row.name })}>{isFamily ? row.title.replace("{value}", "…") : row.title}</a>
            {isFamily && <span className="badge">{grouped(row.segments!)} segments</span>}
            <Standing row={row} />
          </span>
          {row.description && !row.family && <span className="small about-line">{row.description}</span>}
          <Remarks remarks={row.remarks.filter((r) => r.severity !== "info" || r.code === "waiting-for-data")} />
        </th>
        <td className="n c-size"><b>{row.size === null ? "–" : grouped(row.size)}</b><span className="small">{row.share === null ? "" : shareWords(row.size!, list.customers)}</span></td>
        <td className="n c-joined"><Moved n={row.joined} sign="+" className="up" /></td>
        <td className="n c-left"><Moved n={row.left} sign="−" className="down" /></td>
        <td className="n c-money">{row.money || "–"}</td>
        <td className="c-owner">{row.owner ?? <span className="quiet">–</span>}</td>
        <td className="c-curve"><Spark sizes={row.sizes} /></td>
      </tr>
      {open && <Family row={row} list={list} />}
    </>
  );
}

function Family({ row, list }: { row: SegmentRow; list: SegmentList }) {
  const [shown, setShown] = useState(PAGE);
  const query = { family: row.name, sort: "size" as const, descending: true, limit: Math.min(shown, 200) };
  const children = useQuery({ queryKey: ["segments", "list", query], placeholderData: keepPreviousData, queryFn: ({ signal }) => ask(query, signal) });
  if (children.error instanceof ServerError) return <tr><td colSpan={7}><Troubles diagnostics={children.error.diagnostics} /></td></tr>;
  const more = (children.data?.total ?? 0) - (children.data?.rows.length ?? 0);
  return (
    <>
      {children.data?.rows.map((r) => <Row key={r.name} row={r} list={list} />)}
      {more > 0 && <tr className="child"><td colSpan={7}>{shown < 200 ? <Button size="compact-sm" variant="subtle" onClick={() => setShown(shown + 150)}>Show more of {grouped(children.data!.total)}</Button> : <span className="quiet small">{grouped(more)} more; search for them by name.</span>}</td></tr>}
    </>
  );
}

const STANDINGS: Partial<Record<SegmentRow["standing"], string>> = { new: "not published", changed: "changed", removed: "removed", waiting: "waits for data", broken: "has a mistake" };

export function Standing({ row }: { row: Pick<SegmentRow, "standing"> & { stale?: boolean } }) {
  const word = STANDINGS[row.standing];
  return (
    <>
      {word && <span className={`badge ${row.standing}`}>{word}</span>}
      {row.stale && <span className="badge broken">not up to date</span>}
    </>
  );
}

const BESIDES = new Set(["new", "changed", "removed"]); // said by the badge

export function Remarks({ remarks }: { remarks: readonly Remark[] }) {
  const shown = remarks.filter((r) => !BESIDES.has(r.code));
  return shown.map((r) => (
    <span key={r.code + r.message} className={`small remark ${r.severity}`}><Prose text={`${sentence(r.message)}.`} /> {r.severity !== "info" && r.remedy && <Prose text={r.remedy} />}</span>
  ));
}

function Moved({ n, sign, className }: { n: number | null; sign: string; className: string }) {
  if (n === null) return <span className="quiet">–</span>;
  return n === 0 ? <span className="quiet">0</span> : <span className={className}>{sign}{grouped(n)}</span>;
}

/** The sizes of the last published days, small. */
function Spark({ sizes }: { sizes: readonly number[] }) {
  if (sizes.length < 2) return <span className="quiet small">{sizes.length ? "first day" : "–"}</span>;
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
  const y = (v: number) => (high === low ? 12 : 22 - (20 * (v - low)) / (high - low));
  const points = sizes.map((v, n) => `${((96 * n) / (sizes.length - 1) + 2).toFixed(1)},${y(v).toFixed(1)}`);
  return (
    <svg className="curve" viewBox="0 0 100 24" role="img" aria-label={`From ${grouped(sizes[0]!)} to ${grouped(sizes.at(-1)!)}`}>
      <polyline points={points.join(" ")} /><circle cx={98} cy={y(sizes.at(-1)!)} r={2.2} />
    </svg>
  );
}

/** Files that say something else than what is published. */
function Pending({ count, customers }: { count: number; customers: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="note pending">
      <span>{count === 1 ? "One segment differs" : `${grouped(count)} segments differ`} from what is published.</span>
      <Button size="compact-sm" variant="default" onClick={() => setOpen(true)}>See what would change</Button>
      {isOpen && <PendingPanel customers={customers} onClose={() => setOpen(false)} />}
    </div>
  );
}

function PendingPanel({ customers, onClose }: { customers: string; onClose: () => void }) {
  const queries = useQueryClient();
  const plan = useQuery({ queryKey: ["segments", "plan", "files"], staleTime: 0, queryFn: ({ signal }) => told(client.GET("/api/segments/plan", { signal })) });
  const publish = useMutation({
    mutationFn: () => told(client.POST("/api/segments/publish")),
    onSuccess: async () => { await queries.invalidateQueries(); onClose(); },
  });
  return (
    <Panel title="What publishing changes" lead="Segments" onClose={onClose}>
      {plan.isPending && <p role="status" className="working"><Loader size="xs" aria-hidden="true" /> Finding out who joins and who leaves …</p>}
      {plan.error instanceof ServerError && <Troubles diagnostics={plan.error.diagnostics} />}
      {plan.data && <PlanView plan={plan.data} customers={customers} />}
      {publish.error instanceof ServerError && <Troubles diagnostics={publish.error.diagnostics} />}
      <div className="action">
        <Button disabled={!plan.data} loading={publish.isPending} onClick={() => publish.mutate()}>Publish</Button>
        <Button variant="subtle" onClick={onClose}>Back</Button>
      </div>
    </Panel>
  );
}
