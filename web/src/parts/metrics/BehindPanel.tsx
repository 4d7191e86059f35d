import { Button, CloseButton, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLayoutEffect, useRef } from "react";
import { client, ServerError, told, type Choices, type MetricAnswer } from "../../api";
import { words, type Asked, type Behinds } from "../../asked";
import { Troubles } from "../Troubles";
import { Change } from "./Headlines";
import { cellOf, facts } from "./Values";
import { titleOf } from "./words";

/** Who is behind a value, by name, with what each adds; over the room, and closed with Escape or back. */
export function BehindPanel({ choices, asked, behind, answer, onClose }: {
  choices: Choices;
  asked: Asked;
  behind: Behinds;
  answer?: MetricAnswer;
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => { // closed before it leaves the document, so that the focus goes back to the value
    const opened = dialog.current;
    if (opened && !opened.open) opened.showModal();
    return () => opened?.close();
  }, []);
  const cell = cellOf(answer, behind);
  const question = { ...asked, names: [behind.metric] };
  const list = useQuery({
    queryKey: ["metrics", "who", question, behind],
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      told(
        client.GET("/api/metrics/who", {
          signal,
          params: {
            query: {
              names: question.names, by: asked.by, segment: asked.segment, from: asked.from, to: asked.to, every: asked.every,
              today: asked.today, group: behind.group, period: behind.period,
            },
          },
        }),
      ),
  });
  const said = words(question, { group: behind.group, period: behind.period });
  const title = titleOf(choices, behind.metric);
  return (
    <dialog
      ref={dialog}
      className="panel"
      aria-labelledby="behind-title"
      onCancel={(e) => { e.preventDefault(); onClose(); }}
      onClick={(e) => { if (e.target === e.currentTarget) onClose(); }}
    >
      <div className="inside">
        <header>
          <p className="quiet">{[title, asked.by ? behind.group : null, behind.period].filter(Boolean).join(" · ")}</p>
          <h2 id="behind-title">{cell?.value == null ? "Who would be behind it" : `Who is behind ${cell.text}`}</h2>
          <CloseButton aria-label="Close" onClick={onClose} />
        </header>
        {cell && (
          <p className="about">
            {facts(cell).map((f) => <span key={f}>{f}</span>)}
            {cell.change && <span><Change cell={cell} /> (against the {asked.every} before)</span>}
          </p>
        )}
        {list.isPending && <p role="status" className="working"><Loader size="xs" aria-hidden="true" /> Looking up who they are …</p>}
        {list.error instanceof ServerError && <Troubles diagnostics={list.error.diagnostics} />}
        {list.data && list.data.count === 0 && <p>Nobody: no {choices.customers_are} add to it in this period.</p>}
        {list.data && list.data.count > 0 && (
          <>
            <div className="row told">
              <span>
                {list.data.count.toLocaleString("en")} {choices.customers_are}
                {list.data.count > list.data.customers.length && `; the first ${list.data.customers.length} are listed here, all are in the file`}
              </span>
              <Button component="a" size="compact-sm" variant="default" href={`/api/metrics/who.xlsx?${said}`} download>Excel</Button>
            </div>
            <div className="scroll">
              <table>
                <thead>
                  <tr><th scope="col">Name</th>{list.data.measures.map((m) => <th key={m} scope="col" className="n">{m}</th>)}</tr>
                </thead>
                <tbody>
                  {list.data.customers.map((c) => (
                    <tr key={c.account_id}>
                      <td><span className="who">{c.name ?? c.account_id}</span>{c.name && <span className="small">{c.account_id}</span>}</td>
                      {c.adds.map((a, n) => <td key={n} className={a === "0" ? "n quiet" : "n"}>{a}</td>)}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </>
        )}
      </div>
    </dialog>
  );
}
