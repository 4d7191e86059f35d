import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { client, ServerError, told, type Person, type Result } from "../api";
import type { RoomKey } from "../App";
import { Prose } from "../parts/Prose";
import { Troubles } from "../parts/Troubles";

const DOWNLOADS = [
  ["xlsx", "Excel"],
  ["pptx", "PowerPoint"],
  ["docx", "Word"],
  ["md", "Markdown for Notion"],
  ["slack", "Text for Slack"],
  ["html", "Web page"],
] as const;

export function ResultRoom({ go }: { go: (room: RoomKey) => void }) {
  const result = useQuery({ queryKey: ["result"], queryFn: () => told(client.GET("/api/result")) });
  if (result.error instanceof ServerError) {
    return (
      <section className="room">
        <h1 tabIndex={-1}>Result</h1>
        <Troubles diagnostics={result.error.diagnostics} />
        <div className="action"><Button onClick={() => go("files")}>To the files</Button></div>
      </section>
    );
  }
  if (!result.data) return <section className="room"><h1 tabIndex={-1}>Result</h1><p className="quiet" role="status">Reading …</p></section>;
  return <Told result={result.data} go={go} />;
}

function Told({ result, go }: { result: Result; go: (room: RoomKey) => void }) {
  return (
    <section className="room result" data-testid="result">
      <h1 tabIndex={-1}>{result.headline}</h1>
      <div className="answer">{result.answer.map((line, n) => <p key={n} className={n ? undefined : "lead"}>{line}</p>)}</div>
      <dl className="tiles">
        {result.figures.map((f) => (
          <div key={f.title}><dt>{f.title}</dt><dd>{f.value}</dd><p>{f.note}</p></div>
        ))}
      </dl>
      <p><Button variant="default" size="compact-sm" onClick={() => go("metrics")}>All metrics, over time and by group</Button></p>
      <section className="card" aria-label="What this data can show">
        <h2>What this data can show</h2>
        {result.sight.lines.map((l) => <p key={l}>{l}</p>)}
        {result.sight.next_steps.map((s) => <p key={s} className="remedy">{s}</p>)}
      </section>
      {result.best.length > 0 && <People title={result.best_title} people={result.best} result={result} kind="best" />}
      {result.worst.length > 0 && <People title={result.worst_title} people={result.worst} result={result} kind="worst" />}
      <Shared result={result} />
      {result.changes.length > 0 && (
        <section className="card"><h2>What changed</h2>{result.changes.map((c) => <p key={c}>{c}</p>)}</section>
      )}
      <TieOutCard result={result} />
      <SegmentsCard result={result} />
      <section className="card" aria-label="Problems in your data">
        <h2>Problems in your data</h2>
        <p className="quiet">{result.problems_lead}</p>
        {result.problems.map((p, n) => (
          <details key={n} className={`problem ${p.severity}`}>
            <summary>{p.message}{p.source && <span className="quiet"> · {p.source}</span>}</summary>
            <p className="remedy"><Prose text={p.remedy} /></p>
            {p.examples.length > 0 && <ul className="small">{p.examples.map((e) => <li key={e}>{e}</li>)}</ul>}
          </details>
        ))}
      </section>
      {result.missing.length > 0 && (
        <section className="card">
          <h2>What is missing, and what it would give</h2>
          <ul className="missing">{result.missing.map((m) => <li key={m.what}><strong>{m.what}</strong>: {m.gives}</li>)}</ul>
        </section>
      )}
      <section className="card">
        <h2>Take it with you</h2>
        <p className="quiet">Data as of {result.as_of}, {result.snapshot}.</p>
        <div className="row">
          {DOWNLOADS.map(([kind, title]) => (
            <Button key={kind} component="a" variant="default" href={`/api/export/${kind}`} download>{title}</Button>
          ))}
          <Button component="a" variant="subtle" href="/api/report" target="_blank" rel="noreferrer">Open the whole report</Button>
        </div>
      </section>
    </section>
  );
}

const FIRST = 10;

function People({ title, people, result, kind }: { title: string; people: readonly Person[]; result: Result; kind: string }) {
  const [all, setAll] = useState(false);
  return (
    <section className={`card people ${kind}`} aria-label={title}>
      <h2>{title}</h2>
      <div className="scroll">
        <table>
          <thead>
            <tr>
              <th className="n">#</th><th>{result.customers_are}</th><th className="n">Score</th>
              {result.money_title && <th className="n">{result.money_title}</th>}
              <th>Why</th>
            </tr>
          </thead>
          <tbody>
            {people.slice(0, all ? undefined : FIRST).map((p) => (
              <tr key={p.account_id}>
                <td className="n quiet">{p.rank}</td>
                <td><span className="who">{p.name}</span><span className="small">{[...p.facts, p.status].filter(Boolean).join(" · ")}</span></td>
                <td className="n">{p.score ?? "–"}</td>
                {result.money_title && <td className="n">{p.money ?? "–"}</td>}
                <td className="why">{p.why.map((w) => <span key={w.text} className={w.helps ? "up" : "down"}>{w.text}</span>)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {people.length > FIRST && !all && <Button variant="subtle" size="compact-sm" onClick={() => setAll(true)}>All {people.length}</Button>}
    </section>
  );
}

function Shared({ result }: { result: Result }) {
  if (!result.shared_lead) return null;
  return (
    <section className="card" aria-label="What they share">
      <h2>What sets them apart</h2>
      <p>{result.shared_lead}</p>
      {result.shared.length > 0 && (
        <div className="scroll">
          <table>
            <thead><tr><th>Property</th><th className="n">{result.shared_best}</th><th className="n">{result.shared_rest}</th><th className="n">Difference, likely range in points</th></tr></thead>
            <tbody>
              {result.shared.map((s) => (
                <tr key={s.title}><td>{s.title}<span className="small">{s.known}</span></td><td className="n">{s.best}</td><td className="n">{s.rest}</td><td className="n">{s.difference}</td></tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function TieOutCard({ result }: { result: Result }) {
  const queries = useQueryClient();
  const [total, setTotal] = useState("");
  const list = useRef<HTMLInputElement>(null);
  const measure = result.money_title === "MRR" ? "mrr" : "revenue";
  const compare = useMutation({
    mutationFn: (file: File | null) =>
      file
        ? told(
            client.PUT("/api/tie-out/{name}", {
              params: { path: { name: file.name }, query: { measure } },
              body: file as never,
              bodySerializer: (body: unknown) => body as BodyInit,
              headers: { "content-type": "application/octet-stream" },
            } as never),
          )
        : told(client.POST("/api/tie-out", { body: { total, measure } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["result"] }),
  });
  if (!result.money_title) return null;
  const tied = result.tie_out;
  return (
    <section className="card" aria-label="Does it tie to finance?">
      <h2>Does it tie to finance?</h2>
      {tied ? (
        <>
          <p><strong>{result.money_title}</strong> {tied.sentence}: ours {tied.ours}, finance's {tied.theirs}.</p>
          {tied.causes.length > 0 && (
            <table>
              <tbody>
                {tied.causes.map((c) => (
                  <tr key={c.cause}><td>{c.cause}</td><td className="n">{c.amount}</td><td className="n quiet">{c.customers} customers</td></tr>
                ))}
              </tbody>
            </table>
          )}
        </>
      ) : (
        <p className="quiet">Give finance's list of customers and amounts, or its total; the difference is explained by name and cause.</p>
      )}
      {compare.error instanceof ServerError && <Troubles diagnostics={compare.error.diagnostics} />}
      <form className="row" onSubmit={(e) => { e.preventDefault(); compare.mutate(null); }}>
        <Button variant="default" loading={compare.isPending} onClick={() => list.current?.click()}>Choose finance's list</Button>
        <input ref={list} type="file" hidden data-testid="finance" onChange={(e) => { const file = e.currentTarget.files?.[0]; if (file) compare.mutate(file); e.currentTarget.value = ""; }} />
        <TextInput aria-label="Finance's total" placeholder="or its total" value={total} onChange={(e) => setTotal(e.currentTarget.value)} />
        <Button type="submit" variant="subtle" disabled={!total.trim()}>Compare</Button>
      </form>
    </section>
  );
}

function SegmentsCard({ result }: { result: Result }) {
  const known = result.segments.filter((s) => s.size != null);
  if (!known.length) return null;
  return (
    <section className="card" aria-label="Segments">
      <h2>Segments</h2>
      <ul className="segments">
        {known.map((s) => (
          <li key={s.name}>
            <span className="name">{s.title}</span><strong>{s.size?.toLocaleString("en")}</strong>
            <span className="quiet">{s.joined != null && (s.joined || s.left) ? `+${s.joined} −${s.left}` : ""}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
