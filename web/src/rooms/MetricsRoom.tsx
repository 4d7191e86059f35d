import { Button, Loader } from "@mantine/core";
import { useTimeout } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { client, ServerError, told, type Choices, type Diagnostic, type MetricAnswer } from "../api";
import type { RoomKey } from "../App";
import { address, USUAL, useAsked, type Asked, type Behinds } from "../asked";
import { BehindPanel } from "../parts/metrics/BehindPanel";
import { Controls } from "../parts/metrics/Controls";
import { Definition } from "../parts/metrics/Definition";
import { Catalogue, Headlines } from "../parts/metrics/Headlines";
import { Downloads, Picture } from "../parts/metrics/Picture";
import { Values } from "../parts/metrics/Values";
import { isMovements, lackWords, sentence, titleOf } from "../parts/metrics/words";
import { Prose } from "../parts/Prose";
import { Troubles } from "../parts/Troubles";

export function MetricsRoom({ go }: { go: (room: RoomKey) => void }) {
  const choices = useQuery({ queryKey: ["metrics", "choices"], staleTime: Infinity, queryFn: () => told(client.GET("/api/metrics/choices")) });
  if (choices.error instanceof ServerError) return <Broken diagnostics={choices.error.diagnostics} onFiles={() => go("files")} />;
  if (!choices.data) return <section className="room"><h1 tabIndex={-1}>Metrics</h1><Working /></section>;
  return <Explorer choices={choices.data} go={go} />;
}

function Broken({ diagnostics, onFiles }: { diagnostics: Diagnostic[]; onFiles: () => void }) {
  return (
    <section className="room">
      <h1 tabIndex={-1}>Metrics</h1>
      <Troubles diagnostics={diagnostics} />
      <div className="action"><Button onClick={onFiles}>To the files</Button></div>
    </section>
  );
}

interface Answered {
  asked: Asked;
  answer: MetricAnswer;
}

function useAnswer(asked: Asked, isWanted: boolean) {
  return useQuery({
    queryKey: ["metrics", "values", asked],
    enabled: isWanted,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<Answered> => ({
      asked,
      answer: await told(client.GET("/api/metrics", { signal, params: { query: asked } })),
    }),
  });
}

function Explorer({ choices, go }: { choices: Choices; go: (room: RoomKey) => void }) {
  const { asked, behind, ask, look } = useAsked();
  const lacks = asked.names.length === 1 ? choices.metrics.find((m) => m.name === asked.names[0])?.lacks : null;
  const hasNone = !choices.headlines.length && !asked.names.length;
  const query = useAnswer(asked, !lacks && !hasNone);
  const heading = useHeading(asked);
  const title = titled(choices, asked.names);
  const answered = lacks || hasNone || query.error ? undefined : query.data;
  return (
    <section className="room metrics" data-testid="metrics">
      {asked.names.length > 0 && (
        <nav aria-label="Where you are" className="crumb"><a href={address({ ...asked, names: [], by: null, today: false })}>Headline metrics</a></nav>
      )}
      <h1 tabIndex={-1} ref={heading}>{title}</h1>
      <Controls choices={choices} asked={asked} ask={ask} />
      <div role="status" aria-live="polite">{query.isFetching && <Working key={address(asked)} asked={asked} />}</div>
      {query.error instanceof ServerError && (
        <>
          <Troubles diagnostics={query.error.diagnostics} />
          <div className="action"><Button variant="default" component="a" href={address(USUAL)}>Back to the headline metrics</Button></div>
        </>
      )}
      {hasNone && <NoData title="No metric has data yet" what="A file of subscriptions or payments gives MRR, churn and retention; one of orders gives revenue, average order value and repeat purchases; one of tickets gives support; survey answers give NPS." go={go} />}
      {lacks && (
        <div className="explorer">
          <NoData title={`There is no data for ${title} yet`} what={`It needs ${lackWords(lacks)}.`} go={go} />
          <Definition metric={choices.metrics.find((m) => m.name === asked.names[0])!} currency={choices.currency} />
        </div>
      )}
      {answered && (
        <div className={query.isPlaceholderData ? "answered old" : "answered"} aria-busy={query.isPlaceholderData}>
          <Told {...answered} at={query.dataUpdatedAt} look={look} />
        </div>
      )}
      {!asked.names.length && <Catalogue choices={choices} asked={asked} />}
      {behind && (
        <BehindPanel
          key={address(asked, behind)}
          choices={choices}
          asked={asked}
          behind={behind}
          answer={query.isPlaceholderData ? undefined : answered?.answer}
          onClose={() => look(null)}
        />
      )}
    </section>
  );
}

function titled(choices: Choices, names: readonly string[]): string {
  if (!names.length) return "Metrics";
  return isMovements(names) ? "What moved MRR" : names.map((n) => titleOf(choices, n)).join(", ");
}

/** The heading gets the focus when a link inside the room leads to another metric. */
function useHeading(asked: Asked) {
  const heading = useRef<HTMLHeadingElement>(null);
  const names = asked.names.join(" ");
  const before = useRef(names);
  useEffect(() => {
    if (before.current === names) return;
    before.current = names;
    if (document.activeElement?.closest(".controls")) return; // who chooses there goes on choosing there
    heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [names]);
  return heading;
}

function Told({ asked, answer, at, look }: Answered & { at: number; look: (behind: Behinds) => void }) {
  const hasValues = answer.cells.some((c) => c.value != null);
  const isHeadlines = !asked.names.length && !answer.by;
  const [metric] = answer.metrics;
  const title = isMovements(asked.names) ? "What moved MRR" : answer.metrics.map((m) => m.title).join(", ");
  const definition = asked.names.length === 1 && metric ? <Definition metric={metric} currency={answer.currency} /> : null;
  return (
    <>
      {isHeadlines && <Headlines answer={answer} asked={asked} />}
      <div className={definition ? "explorer" : undefined}>
        <div>
          {answer.notes.map((n) => <p key={n} className="note"><Prose text={`${sentence(n)}.`} /></p>)}
          {!isHeadlines && (
            <section className="card" aria-label="Chart">
              <header><h2>{answer.by ? `By ${answer.by_title.toLowerCase()}` : "Over time"}</h2><Downloads asked={asked} hasPicture={hasValues} /></header>
              {hasValues ? <Picture answer={answer} asked={asked} at={at} title={title} /> : <NoValue answer={answer} />}
            </section>
          )}
          <section className="card" aria-label="Table">
            <header><h2>{isHeadlines ? "The same in numbers" : "Values"}</h2>{isHeadlines && <Downloads asked={asked} hasPicture={hasValues} />}</header>
            <p className="quiet hint">Choose a value to see who is behind it.</p>
            <Values answer={answer} look={look} />
          </section>
        </div>
        {definition}
      </div>
    </>
  );
}

function NoValue({ answer }: { answer: MetricAnswer }) {
  const reasons = [...new Set(answer.cells.map((c) => c.reason).filter(Boolean))].slice(0, 3);
  return (
    <div className="nothing">
      <p><strong>Nothing to draw: there is no value in these periods.</strong></p>
      {reasons.map((r) => <p key={r} className="quiet">{sentence(r)}.</p>)}
      <p>Longer or earlier periods, or fewer groups, may have some.</p>
    </div>
  );
}

function NoData({ title, what, go }: { title: string; what: string; go: (room: RoomKey) => void }) {
  return (
    <section className="card nothing" aria-label={title}>
      <h2>{title}</h2>
      <p>{what}</p>
      <div className="action"><Button onClick={() => go("files")}>Add a file</Button></div>
    </section>
  );
}

/** That it is at work; said only when it takes longer than one notices. */
function Working({ asked }: { asked?: Asked }) {
  const [state, setState] = useState<"" | "short" | "long">("");
  useTimeout(() => setState("short"), 400, { autoInvoke: true });
  useTimeout(() => setState("long"), 2500, { autoInvoke: true });
  if (!state) return null;
  const isLookingBack = state === "long" && asked && (asked.by || asked.segment) && !asked.today;
  return (
    <p className="working">
      <Loader size="xs" aria-hidden="true" />
      {isLookingBack ? "Finding out who was in which group at the start of each period. The first time takes a while; then it is kept." : "Counting …"}
    </p>
  );
}
