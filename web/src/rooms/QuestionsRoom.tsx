import { Button, Progress, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { client, ServerError, told, type Question } from "../api";
import type { RoomKey } from "../App";
import { Troubles } from "../parts/Troubles";

interface Props {
  start: () => Promise<void>;
  go: (room: RoomKey) => void;
}

export function QuestionsRoom({ start, go }: Props) {
  const queries = useQueryClient();
  const asked = useQuery({ queryKey: ["questions"], queryFn: () => told(client.GET("/api/questions")) });
  const [later, setLater] = useState<ReadonlySet<string>>(new Set());
  const [answered, setAnswered] = useState(0);
  const answer = useMutation({
    mutationFn: (given: { id: string; answer: string; target?: string }) =>
      told(client.POST("/api/questions/{question_id}", { params: { path: { question_id: given.id } }, body: given })),
    onSuccess: async () => {
      setAnswered((n) => n + 1);
      await queries.invalidateQueries({ queryKey: ["questions"] });
    },
  });
  const open = (asked.data?.questions ?? []).filter((q) => !later.has(q.id));
  const left = (asked.data?.question_count ?? 0) - later.size;
  const first = open[0];
  const leave = useMutation({
    mutationFn: async () => {
      if (answered) await start();
      go("good");
    },
  });
  return (
    <section className="room">
      <h1 tabIndex={-1}>Questions that only you can answer</h1>
      <Rates rates={asked.data?.rates ?? []} />
      {asked.error instanceof ServerError && <Troubles diagnostics={asked.error.diagnostics} />}
      {answer.error instanceof ServerError && <Troubles diagnostics={answer.error.diagnostics} />}
      {first && (
        <>
          <p className="quiet" role="status">{left === 1 ? "One question is open" : `${left.toLocaleString("en")} questions are open`}</p>
          <QuestionCard
            key={first.id}
            question={first}
            busy={answer.isPending}
            onAnswer={(value, target) => answer.mutate({ id: first.id, answer: value, target })}
            onLater={() => setLater(new Set([...later, first.id]))}
          />
        </>
      )}
      {asked.data && !first && <p className="lead">{answered ? "Thank you, that was all." : "Nothing is open."}</p>}
      {leave.error instanceof ServerError && <Troubles diagnostics={leave.error.diagnostics} />}
      <Unmatched rows={asked.data?.unmatched ?? []} count={asked.data?.unmatched_count ?? 0} />
      <div className="action">
        <Button size="md" loading={leave.isPending} onClick={() => leave.mutate()}>{answered ? "Continue with these answers" : open.length ? "Continue, answer later" : "Continue"}</Button>
      </div>
    </section>
  );
}

interface Rate { source: string; records: number; matched: number; unmatched: number; rate: number | null }

function Rates({ rates }: { rates: readonly Rate[] }) {
  if (!rates.length) return <p className="lead">Your files use the same ids, so it is clear which rows belong together.</p>;
  return (
    <>
      <p className="lead">How many records of each file were found in the others:</p>
      <ul className="rates">
        {rates.map((r) => (
          <li key={r.source}>
            <span className="name">{r.source.replaceAll("_", " ")}</span>
            <Progress value={(r.rate ?? 0) * 100} aria-label={`${r.source}: share matched`} />
            <span className="number">{r.matched.toLocaleString("en")} of {r.records.toLocaleString("en")}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function QuestionCard({ question, busy, onAnswer, onLater }: {
  question: Question;
  busy: boolean;
  onAnswer: (value: string, target?: string) => void;
  onLater: () => void;
}) {
  const [target, setTarget] = useState(question.target ?? "");
  const [yes, no] = question.answers;
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (busy || e.ctrlKey || e.metaKey || e.altKey || e.target instanceof HTMLInputElement) return;
      if (e.key === "s" && yes) onAnswer(yes.value, target || undefined);
      if (e.key === "d" && no) onAnswer(no.value);
      if (e.key === "l") onLater();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
  return (
    <article className="card question" data-testid="question">
      <h2>{question.title}</h2>
      <p className="quiet">{question.why}</p>
      {question.left && question.right && <Pair left={question.left} right={question.right} />}
      {question.variants && question.variants.length > 0 && (
        <>
          <ul className="variants">
            {question.variants.map((v) => (
              <li key={v.value}><q>{v.value}</q> <span className="quiet">{v.count.toLocaleString("en")} {v.count === 1 ? "row" : "rows"}</span></li>
            ))}
          </ul>
          {question.target != null && <TextInput label="They become" value={target} onChange={(e) => setTarget(e.currentTarget.value)} />}
        </>
      )}
      <div className="row">
        {yes && <Button disabled={busy} onClick={() => onAnswer(yes.value, target || undefined)}>{yes.label} <kbd>S</kbd></Button>}
        {no && <Button disabled={busy} variant="default" onClick={() => onAnswer(no.value)}>{no.label} <kbd>D</kbd></Button>}
        <Button disabled={busy} variant="subtle" onClick={onLater}>Later <kbd>L</kbd></Button>
      </div>
    </article>
  );
}

function Pair({ left, right }: { left: Record<string, string>; right: Record<string, string> }) {
  const labels = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return (
    <div className="scroll">
      <table className="pair">
        <tbody>
          {labels.map((label) => (
            <tr key={label} className={label !== "Id" && label !== "Source" && left[label] && left[label] === right[label] ? "same" : undefined}>
              <th scope="row">{label}</th>
              <td>{left[label] ?? "–"}</td>
              <td>{right[label] ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface UnmatchedRow { source: string; account_id: string; name: string | null; email: string | null; is_customer: boolean }

function Unmatched({ rows, count }: { rows: readonly UnmatchedRow[]; count: number }) {
  if (!count) return null;
  return (
    <details className="fold">
      <summary>{count.toLocaleString("en")} records were found in no other file</summary>
      <div className="scroll">
        <table>
          <thead><tr><th>File</th><th>Id</th><th>Name</th><th>E-mail</th><th>Counts as</th></tr></thead>
          <tbody>
            {rows.map((r) => (
              <tr key={`${r.source}-${r.account_id}`}>
                <td>{r.source}</td><td>{r.account_id}</td><td>{r.name ?? "–"}</td><td>{r.email ?? "–"}</td>
                <td>{r.is_customer ? "a customer" : "nobody"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {count > rows.length && <p className="quiet">… and {(count - rows.length).toLocaleString("en")} more; all of them: <code>beachhead matches --unmatched --out unmatched.xlsx</code></p>}
    </details>
  );
}
