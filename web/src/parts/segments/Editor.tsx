// A segment while it is written: conditions on one side, text, numbers and names on the other; then plan and save.
import { Button, Loader, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { client, ServerError, told, type Diagnostic, type RuleCounted, type SegmentDraft, type SegmentPageTold } from "../../api";
import { Prose } from "../Prose";
import { Troubles } from "../Troubles";
import { address, goTo } from "./address";
import { Builder } from "./Builder";
import { Panel } from "./Panel";
import { PlanView } from "./PlanView";
import { RuleText } from "./RuleText";
import { WhyCard } from "./WhyCard";
import { useRule, type Rule } from "./useRule";
import { grouped, sentence, shareWords, useLanguage } from "./words";

interface Details { title: string; name: string; owner: string; description: string; profile: string; for_each: string }
interface Kept { text: string; details: Details; base: string | null }

const keyOf = (name: string | null): string => `beachhead-segment-${name ?? "*new"}`;

function restore(name: string | null): Kept | null {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(name)) ?? "null") as Kept | null;
  } catch {
    return null;
  }
}

export default function Editor({ name, segment }: { name: string | null; segment: SegmentPageTold | null }) {
  const [kept, setKept] = useState(() => restore(name));
  const [turn, setTurn] = useState(0);
  const startOver = () => {
    sessionStorage.removeItem(keyOf(name));
    setKept(null);
    setTurn((t) => t + 1);
  };
  return <Writing key={turn} name={name} segment={segment} kept={kept} startOver={startOver} />;
}

function Writing({ name, segment, kept, startOver }: { name: string | null; segment: SegmentPageTold | null; kept: Kept | null; startOver: () => void }) {
  const words = useLanguage();
  const rule = useRule(words, segment?.rule ?? null, kept?.text ?? null);
  const saved: Details = useMemo(() => ({
    title: segment?.title ?? "", name: segment?.name ?? "", owner: segment?.owner ?? "", description: segment?.description ?? "", profile: segment?.profile ?? "", for_each: segment?.for_each ?? "",
  }), [segment]);
  const [details, setDetails] = useState<Details>(kept?.details ?? saved);
  const [base, setBase] = useState<string | null>(kept?.base ?? segment?.base ?? null);
  const [isReviewing, setReviewing] = useState(false);
  const isTouched = rule.isTouched || JSON.stringify(details) !== JSON.stringify(saved);

  useEffect(() => { // what is not saved outlives a reload and a way through other rooms
    if (isTouched) sessionStorage.setItem(keyOf(name), JSON.stringify({ text: rule.text, details, base } satisfies Kept));
    else sessionStorage.removeItem(keyOf(name));
  }, [isTouched, name, rule.text, details, base]);

  const title = details.title.trim();
  const lacks = !title ? "Give it a name first." : rule.isEmpty ? "Add a condition first." : rule.missing.length ? "One condition is not complete." : !rule.ok ? "The rule has a mistake." : null;
  const draft: SegmentDraft = {
    name: details.name, base, title, where: rule.text === segment?.rule.text ? null : rule.text, owner: details.owner || null, description: details.description || null, profile: details.profile || null, for_each: details.for_each || null,
  };
  return (
    <section className="room segmentroom editing" data-testid="editor">
      <nav aria-label="Where you are" className="crumb"><a href={address(segment ? { at: "one", name: segment.name } : { at: "list" })}>{segment ? segment.title : "Segments"}</a></nav>
      <h1 tabIndex={-1}>{segment ? `Edit ${segment.title}` : "A new segment"}</h1>
      {kept && isTouched && <p className="note restored">This is what you had begun and not saved. <Button size="compact-xs" variant="subtle" onClick={startOver}>{segment ? "Start from the saved one" : "Start anew"}</Button></p>}
      <div className="editor">
        <div className="left">
          <section className="card naming" aria-label="What it is called">
            <TextInput label="Name" placeholder="such as: Trials with momentum" size="md" value={details.title} maxLength={200} onChange={(e) => setDetails({ ...details, title: e.currentTarget.value })} />
            <DetailsFold details={details} setDetails={setDetails} file={segment?.file ?? null} />
          </section>
          <section className="card building" aria-label="Conditions">
            <header>
              <h2>Who is in it</h2>
              <span className="tools">
                <Button size="compact-sm" variant="transparent" disabled={!rule.canUndo} onClick={rule.undo}>Undo</Button>
                <Button size="compact-sm" variant="transparent" disabled={!rule.canRedo} onClick={rule.redo}>Redo</Button>
              </span>
            </header>
            {!rule.inStep && <p className="note">The text has a mistake. Here is the last rule that could be read; it follows again as soon as the text can be.</p>}
            <div className={rule.inStep ? undefined : "outofstep"} inert={!rule.inStep}><Builder rule={rule} /></div>
          </section>
        </div>
        <div className="right">
          <Answer rule={rule} />
          <section className="card" aria-label="The same as text">
            <header><h2>The same as text</h2></header>
            <RuleText label="Rule as text" text={rule.text} problems={rule.problems} words={words} onChange={rule.write} />
            <Problems rule={rule} />
          </section>
          <Some counted={rule.counted} isOld={rule.isCounting} isEmpty={rule.isEmpty} />
          {rule.ok && !rule.isEmpty && <WhyCard text={rule.text} title="Is somebody in it, and why?" />}
        </div>
      </div>
      <div className="savebar">
        <Button size="md" disabled={lacks !== null || !isTouched} onClick={() => setReviewing(true)}>See what it changes, and save</Button>
        <span className="quiet" role="status">{isTouched ? lacks : segment ? "Nothing is changed yet." : lacks}</span>
      </div>
      {isReviewing && <Review draft={draft} segment={segment} setBase={setBase} onClose={() => setReviewing(false)} onSaved={(called) => { sessionStorage.removeItem(keyOf(name)); goTo({ at: "one", name: called }); }} />}
    </section>
  );
}

function DetailsFold({ details, setDetails, file }: { details: Details; setDetails: (d: Details) => void; file: string | null }) {
  const words = useLanguage();
  const put = (key: keyof Details) => (e: { currentTarget: { value: string } }) => setDetails({ ...details, [key]: e.currentTarget.value });
  const said = [details.owner && `${details.owner}'s`, details.description].filter(Boolean).join(": ");
  return (
    <details className="fold">
      <summary>Owner and description{said && <span className="quiet"> · {said.length > 70 ? `${said.slice(0, 70)}…` : said}</span>}</summary>
      <div className="detailfields">
        <TextInput label="Owner" description="Who looks after it" value={details.owner} maxLength={200} onChange={put("owner")} />
        <Select
          label="One segment for each" description="A family: the rule for each value of an attribute" placeholder="no: one segment" clearable searchable value={details.for_each || null} comboboxProps={{ shadow: "md" }}
          data={words.attributes.filter((a) => !a.lacks && ["text", "boolean", "integer"].includes(a.type) && a.name !== "account_id").map((a) => ({ value: a.name, label: a.title }))} onChange={(v) => setDetails({ ...details, for_each: v ?? "" })}
        />
        <Textarea label="Description" description="What it is for, in a sentence" autosize minRows={1} maxRows={6} value={details.description} maxLength={5000} onChange={put("description")} />
        <Textarea label="Who they are and what they want" description="For those who will talk to them" autosize minRows={1} maxRows={10} value={details.profile} maxLength={20000} onChange={put("profile")} />
      </div>
      {file && <p className="small">It is kept in <code>{file}</code>.</p>}
    </details>
  );
}

/** How many, in large; and the rule as a sentence. */
function Answer({ rule }: { rule: Rule }) {
  const words = useLanguage();
  const { counted } = rule;
  const everybody = words.customers;
  const members = rule.isEmpty ? everybody : counted?.members;
  const isOld = rule.isCounting || !rule.inStep;
  return (
    <section className={isOld ? "card answer old" : "card answer"} aria-label="How many">
      <p className="total" role="status" aria-live="polite">
        <b data-testid="total">{members == null ? "–" : grouped(members)}</b> <span>of {grouped(everybody)} {words.customers_are}</span>
        {rule.isCounting && <Loader size="xs" aria-label="Counting" />}
      </p>
      {members != null && (
        <>
          <i className="bar" aria-hidden="true"><i style={{ width: `${(100 * members) / Math.max(everybody, 1)}%` }} /></i>
          <p className="quiet facts-line"><span>{shareWords(members, everybody)}</span>{!rule.isEmpty && counted?.money && <span>{counted.money} together</span>}</p>
        </>
      )}
      {!rule.isEmpty && counted && counted.members === null && <LookBack counted={counted} onDone={rule.recount} />}
      <Troubles diagnostics={rule.countTroubles} />
      <p className="english">{rule.isEmpty ? `All ${words.customers_are}.` : rule.english ? `${sentence(words.customers_are)} for whom: ${rule.english}.` : ""}</p>
    </section>
  );
}

/** A day that a rule asks for and that was never computed. */
function LookBack({ counted, onDone }: { counted: RuleCounted; onDone: () => void }) {
  const day = counted.lacks_day;
  const compute = useMutation({
    mutationFn: async (asked: string) => {
      await told(client.POST("/api/segments/look-back", { body: { day: asked } }));
      for (let n = 0; n < 1200; n++) {
        await new Promise((r) => setTimeout(r, 500));
        const { job } = await told(client.GET("/api/job"));
        if (job?.state !== "running") break;
      }
    },
    onSuccess: onDone,
  });
  if (!day) return <Troubles diagnostics={counted.problems as unknown as Diagnostic[]} />;
  return (
    <div className="note">
      <p>The rule asks how it was on {day}, and that day was not computed yet. With the rule saved, every update does it.</p>
      <Button size="compact-sm" variant="default" loading={compute.isPending} onClick={() => compute.mutate(day)}>Compute {day} now</Button>
      {compute.error instanceof ServerError && <Troubles diagnostics={compute.error.diagnostics} />}
    </div>
  );
}

function Problems({ rule }: { rule: Rule }) {
  const shown = rule.problems.toSorted((a, b) => RANK[a.severity] - RANK[b.severity]);
  if (!shown.length) return null;
  return (
    <ul className="ruleproblems" aria-label="What is wrong or worth knowing">
      {shown.map((p, n) => {
        const { nearest, start, end } = p;
        const canMend = nearest && start !== null && end !== null && p.code.startsWith("unknown-");
        return (
          <li key={n} className={p.severity}>
            <span><Prose text={`${sentence(p.message)}.`} /> {p.remedy && <span className="quiet"><Prose text={p.remedy} /></span>}</span>
            {canMend && (
              <Button size="compact-xs" variant="light" onClick={() => { const old = rule.text.slice(start, end); rule.write(rule.text.slice(0, start) + (old.startsWith("'") ? `'${nearest.replaceAll("'", "''")}'` : nearest) + rule.text.slice(end)); }}>
                Use {nearest}
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}

const RANK = { error: 0, warning: 1, info: 2 };

function Some({ counted, isOld, isEmpty }: { counted: RuleCounted | null; isOld: boolean; isEmpty: boolean }) {
  if (isEmpty || !counted?.some.length) return null;
  return (
    <section className={isOld ? "card some old" : "card some"} aria-label="Some of them">
      <header><h2>Some of them</h2><span className="quiet small">the notable first</span></header>
      <ul>
        {counted.some.map((m) => (
          <li key={m.account_id}>
            <span className="who">{m.name ?? m.account_id}</span>
            <span className="quiet money">{m.money}</span>
            <span className="small fits">{m.values.join(" · ")}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The plan, then saving; never over what somebody else wrote meanwhile. */
function Review({ draft, segment, setBase, onClose, onSaved }: {
  draft: SegmentDraft;
  segment: SegmentPageTold | null;
  setBase: (base: string | null) => void;
  onClose: () => void;
  onSaved: (name: string) => void;
}) {
  const words = useLanguage();
  const queries = useQueryClient();
  const named = useQuery({
    queryKey: ["segments", "free-name", draft.title, draft.name],
    staleTime: 0,
    queryFn: async () => draft.name || (await told(client.GET("/api/segments/free-name", { params: { query: { title: draft.title } } }))).name,
  });
  const asked = named.data ? { ...draft, name: named.data } : null;
  const plan = useQuery({
    queryKey: ["segments", "plan", asked],
    enabled: asked !== null,
    staleTime: 0,
    queryFn: ({ signal }) => told(client.POST("/api/segments/plan", { body: asked!, signal })),
  });
  const save = useMutation({
    mutationFn: async (isToPublish: boolean) => {
      const { name } = await told(client.PUT("/api/segments", { body: asked! }));
      if (isToPublish) await told(client.POST("/api/segments/publish"));
      return name;
    },
    onSuccess: async (name) => {
      await queries.invalidateQueries();
      onSaved(name);
    },
  });
  const conflict = save.error instanceof ServerError && save.error.diagnostics[0]?.code === "file-changed";
  const theirs = useMutation({
    mutationFn: () => told(client.GET("/api/segments/one", { params: { query: { name: segment!.name } } })),
  });
  return (
    <Panel title="What it changes" lead={draft.title} onClose={onClose}>
      {(plan.isPending || named.isPending) && !plan.error && !named.error && <p role="status" className="working"><Loader size="xs" aria-hidden="true" /> Finding out who joins and who leaves …</p>}
      {[plan.error, named.error].map((e, n) => e instanceof ServerError && <Troubles key={n} diagnostics={e.diagnostics} />)}
      {plan.data && <PlanView plan={plan.data} customers={words.customers_are} isOfOne />}
      {save.error instanceof ServerError && <Troubles title="It was not saved" diagnostics={save.error.diagnostics} />}
      {conflict && segment && (
        <div className="conflict">
          {!theirs.data && <Button variant="default" loading={theirs.isPending} onClick={() => theirs.mutate()}>Show me how it is now</Button>}
          {theirs.data && (
            <>
              <h3>{theirs.data.file} as it is now</h3>
              <pre className="rule">{theirs.data.where}</pre>
              <div className="row">
                <Button variant="default" onClick={() => { setBase(theirs.data.base); save.reset(); }}>Keep mine in its place</Button>
                <Button variant="subtle" onClick={() => { sessionStorage.removeItem(keyOf(segment.name)); void queries.invalidateQueries({ queryKey: ["segments"] }); goTo({ at: "one", name: segment.name }); }}>Keep theirs, drop mine</Button>
              </div>
            </>
          )}
        </div>
      )}
      <div className="action">
        <Button loading={save.isPending && save.variables} disabled={!plan.data || save.isPending || conflict} onClick={() => save.mutate(true)}>Save and publish</Button>
        <Button variant="default" loading={save.isPending && !save.variables} disabled={!plan.data || save.isPending || conflict} onClick={() => save.mutate(false)}>Save, publish later</Button>
        <Button variant="subtle" onClick={onClose}>Back</Button>
      </div>
      <p className="small">Saving writes {segment ? <code>{segment.file}</code> : <code>segments/{named.data ?? "…"}.yml</code>}; comments in it stay. Publishing makes the new members count everywhere.</p>
    </Panel>
  );
}
