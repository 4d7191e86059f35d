import { Button, Loader, Menu, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { client, ServerError, told, type PlanTold, type SegmentPageTold } from "../../api";
import { Troubles } from "../Troubles";
import { address, goTo } from "./address";
import { Curve } from "./Curve";
import { Remarks, Standing } from "./List";
import { Panel } from "./Panel";
import { PlanView } from "./PlanView";
import { RuleShown } from "./RuleShown";
import { WhyCard } from "./WhyCard";
import { grouped, sentence, shareWords } from "./words";

const PAGE = 50;

export function SegmentPage({ name, customers, everybody }: { name: string; customers: string; everybody: number }) {
  const segment = useQuery({ queryKey: ["segments", "one", name], queryFn: ({ signal }) => told(client.GET("/api/segments/one", { signal, params: { query: { name } } })) });
  if (segment.error instanceof ServerError) {
    return (
      <section className="room segmentroom">
        <h1 tabIndex={-1}>Segments</h1>
        <Troubles diagnostics={segment.error.diagnostics} />
        <div className="action"><Button component="a" variant="default" href={address({ at: "list" })}>To all segments</Button></div>
      </section>
    );
  }
  if (!segment.data) return <section className="room segmentroom"><p role="status" className="working"><Loader size="xs" aria-hidden="true" /> Reading …</p></section>;
  return <Told segment={segment.data} customers={customers} everybody={everybody} />;
}

function Told({ segment: s, customers, everybody }: { segment: SegmentPageTold; customers: string; everybody: number }) {
  const [asking, setAsking] = useState<"rename" | "delete" | null>(null);
  const isWritten = s.base !== null;
  const [latest] = s.moves;
  const home = s.family ?? s.name;
  return (
    <section className="room segmentroom" data-testid="segment">
      <nav aria-label="Where you are" className="crumb"><a href={address({ at: "list" })}>Segments</a></nav>
      <div className="headrow">
        <h1 tabIndex={-1}>{s.title.replace("{value}", "…")}</h1>
        <span className="headactions">
          <Button component="a" href={address({ at: "edit", name: home })}>{s.family ? "Edit the family" : "Edit"}</Button>
          {isWritten && (
            <Menu position="bottom-end" shadow="md">
              <Menu.Target><Button variant="default" aria-label="More">⋯</Button></Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={() => setAsking("rename")}>Rename …</Menu.Item>
                <Menu.Item color="red" onClick={() => setAsking("delete")}>Delete …</Menu.Item>
              </Menu.Dropdown>
            </Menu>
          )}
        </span>
      </div>
      <p className="under"><Standing row={s} />{s.owner && <span>{s.owner}</span>}{s.description && <span className="quiet">{s.description}</span>}</p>
      <div className="remarks"><Remarks remarks={s.remarks} /></div>
      <dl className="tiles">
        <div><dt>{sentence(customers)} in it</dt><dd>{s.size === null ? "–" : grouped(s.size)}</dd><p>{s.size === null ? "not published yet" : `${shareWords(s.size, everybody)} of all`}</p></div>
        {s.money_title && <div><dt>{s.money_title}</dt><dd>{s.money || "–"}</dd><p>all together</p></div>}
        <div><dt>Joined</dt><dd>{latest ? `+${grouped(latest.joined)}` : "–"}</dd><p>{latest ? `since ${latest.since}` : "no earlier day to compare with"}</p></div>
        <div><dt>Left</dt><dd>{latest ? `−${grouped(latest.left)}` : "–"}</dd><p>{latest ? `since ${latest.since}` : ""}</p></div>
      </dl>
      <div className="twocol">
        <div>
          <section className="card" aria-label="The rule">
            <header><h2>The rule</h2></header>
            {s.rule.english && <p className="english">{sentence(s.rule.english)}.</p>}
            <RuleShown text={s.rule.text} />
            {(s.include > 0 || s.exclude > 0) && <p className="small">By hand: {grouped(s.include)} are in whatever it says, {grouped(s.exclude)} are out.</p>}
            {s.used_by.length > 0 && <p className="small">Used by {s.used_by.map((u, n) => <span key={u}>{n > 0 && ", "}{u.endsWith(".yml") ? u : <a href={address({ at: "one", name: u })}>{u}</a>}</span>)}.</p>}
            <p className="small">Kept in <code>{s.file}</code>.</p>
          </section>
          {s.days.length > 1 && (
            <section className="card" aria-label="Size over time">
              <header><h2>Size over time</h2></header>
              <Curve days={s.days} />
            </section>
          )}
          {s.for_each && !s.family && s.size === null ? <FamilyNote name={s.name} /> : <Members name={s.name} customers={customers} hasSize={s.size !== null} money={s.money_title} />}
        </div>
        <div>
          <WhyCard segment={s.for_each && !s.family ? undefined : s.name} text={s.for_each && !s.family ? s.where : undefined} title="Why is somebody in it, or not?" />
          {s.size !== null && s.standing !== "new" && <Quality name={s.name} />}
          <Moves segment={s} />
          {s.profile && <section className="card" aria-label="Who they are"><header><h2>Who they are and what they want</h2></header><p>{s.profile}</p></section>}
        </div>
      </div>
      {asking === "rename" && <Rename segment={s} customers={customers} onClose={() => setAsking(null)} />}
      {asking === "delete" && <Delete segment={s} customers={customers} onClose={() => setAsking(null)} />}
    </section>
  );
}

function FamilyNote({ name }: { name: string }) {
  const list = useQuery({ queryKey: ["segments", "list", "of", name], queryFn: ({ signal }) => told(client.GET("/api/segments", { signal, params: { query: { family: name, sort: "size", descending: true, limit: 200 } } })) });
  return (
    <section className="card" aria-label="Segments of the family">
      <header><h2>Segments of the family</h2></header>
      <ul className="familylist">
        {list.data?.rows.map((r) => <li key={r.name}><a href={address({ at: "one", name: r.name })}>{r.title}</a><span className="n">{r.size === null ? "–" : grouped(r.size)}</span><span className="n quiet">{r.money}</span></li>)}
      </ul>
      {list.data && !list.data.rows.length && <p className="quiet">They appear once it is published.</p>}
      {list.data && list.data.total > list.data.rows.length && <p className="small">{grouped(list.data.total - list.data.rows.length)} more are in the list; search for them there.</p>}
    </section>
  );
}

function Members({ name, customers, hasSize, money }: { name: string; customers: string; hasSize: boolean; money: string | null }) {
  const [typed, setTyped] = useState("");
  const [shown, setShown] = useState(PAGE);
  const [search] = useDebouncedValue(typed, 150);
  const list = useQuery({
    queryKey: ["segments", "members", name, search, shown],
    enabled: hasSize,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => told(client.GET("/api/segments/members", { signal, params: { query: { name, search, limit: shown } } })),
  });
  return (
    <section className="card" aria-label="Members">
      <header><h2>Who is in it</h2>{list.data && <span className="quiet">{grouped(list.data.total)} {customers}</span>}</header>
      {!hasSize ? <p className="quiet">Nobody yet: it is not published.</p> : (
        <>
          <TextInput aria-label="Search members" placeholder="Search by name or id" value={typed} onChange={(e) => { setTyped(e.currentTarget.value); setShown(PAGE); }} />
          {list.error instanceof ServerError && <Troubles diagnostics={list.error.diagnostics} />}
          {list.data && list.data.members.length > 0 && (
            <div className="memberscroll" tabIndex={0} role="region" aria-label="Their names"><table className="members">
              <thead><tr><th scope="col">Name</th>{money && <th scope="col" className="n">{money}</th>}</tr></thead>
              <tbody>
                {list.data.members.map((m) => (
                  <tr key={m.account_id}><td><span className="who">{m.name ?? m.account_id}</span>{m.name && <span className="small">{m.account_id}</span>}</td>{money && <td className="n">{m.money || "–"}</td>}</tr>
                ))}
              </tbody>
            </table></div>
          )}
          {list.data && !list.data.members.length && <p className="quiet">{search ? "Nobody of that name or id is in it." : "Nobody is in it."}</p>}
          {list.data && list.data.total > list.data.members.length && shown < 200 && <Button size="compact-sm" variant="subtle" onClick={() => setShown(200)}>Show more</Button>}
        </>
      )}
    </section>
  );
}

const QUALITIES: Record<string, string> = {
  measurable: "Large enough to measure", addressable: "Can be reached", stable: "Stays what it is", consistent: "The same rule for long", homogeneous: "Alike inside", distinct: "Different from the others",
};

const useCard = (name: string, enabled = true) =>
  useQuery({ queryKey: ["segments", "card", name], enabled, queryFn: ({ signal }) => told(client.GET("/api/segments/card", { signal, params: { query: { name } } })) });

/** Whether it is a good segment, quality by quality. */
function Quality({ name }: { name: string }) {
  const card = useCard(name);
  if (!card.data) return null;
  return (
    <section className="card quality" aria-label="Is it a good segment?">
      <header><h2>Is it a good segment?</h2></header>
      <ul>
        {card.data.qualities.map((q) => (
          <li key={q.name} className={q.verdict}>
            <span className="mark">{q.verdict === "unknown" ? "cannot tell yet" : q.verdict}</span>
            <span>{QUALITIES[q.name] ?? q.name}<span className="small">{sentence(q.told)}.{q.next_step && q.verdict !== "good" && ` ${q.next_step}`}</span></span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Moves({ segment }: { segment: SegmentPageTold }) {
  const moves = segment.moves.filter((m) => m.joined || m.left || m.is_other_rule);
  const card = useCard(segment.name, segment.moves.length > 0);
  return (
    <section className="card moves" aria-label="Who joined and left lately">
      <header><h2>Who joined and left lately</h2></header>
      {!moves.length && <p className="quiet">{segment.moves.length ? `Nobody, since ${segment.moves.at(-1)!.since}.` : "There is no earlier day to compare with yet."}</p>}
      {card.data?.stays.map((line) => <p key={line} className="small">{sentence(line)}.</p>)}
      <ol>
        {moves.map((m) => (
          <li key={m.day}>
            <p><strong>{m.day}</strong> <span className="up">+{grouped(m.joined)}</span> <span className="down">−{grouped(m.left)}</span>{m.is_other_rule && <span className="badge">another rule</span>}</p>
            {m.joined > 0 && <p className="small">Joined: {m.joined_names.map((c) => c.name ?? c.account_id).join(", ")}{m.joined > m.joined_names.length && ` and ${grouped(m.joined - m.joined_names.length)} more`}</p>}
            {m.left > 0 && <p className="small">Left: {m.left_names.map((c) => c.name ?? c.account_id).join(", ")}{m.left > m.left_names.length && ` and ${grouped(m.left - m.left_names.length)} more`}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Rename({ segment, customers, onClose }: { segment: SegmentPageTold; customers: string; onClose: () => void }) {
  const [to, setTo] = useState("");
  const [asked] = useDebouncedValue(to, 250);
  const isName = /^[a-z][a-z0-9_]{0,79}$/.test(asked) && asked !== segment.name;
  const body = { name: segment.name, base: segment.base!, to: asked };
  const plan = useQuery({ queryKey: ["segments", "plan-rename", body], enabled: isName, staleTime: 0, queryFn: ({ signal }) => told(client.POST("/api/segments/plan-rename", { body, signal })) });
  return (
    <Asked
      title={`Rename ${segment.title}`} lead={segment.file} customers={customers} plan={plan.data} error={plan.error} isPlanning={isName && plan.isFetching} isReady={isName && to === asked && !!plan.data} word="Rename" onClose={onClose}
      act={() => told(client.POST("/api/segments/rename", { body }))} onDone={() => goTo({ at: "one", name: asked })}
    >
      <p>The name is the file's, and what other rules say. The title on screen is changed with “Edit”. Its history goes on under the new name, and the rules that use it are changed with it.</p>
      <TextInput label="New name" description="Small letters, digits, underscores" value={to} onChange={(e) => setTo(e.currentTarget.value.toLowerCase().replace(/\s+/g, "_"))} error={to && !isName && to === asked ? (to === segment.name ? "That is its name now." : "Begin with a letter; small letters, digits and underscores only.") : null} />
    </Asked>
  );
}

function Delete({ segment, customers, onClose }: { segment: SegmentPageTold; customers: string; onClose: () => void }) {
  const body = { name: segment.name, base: segment.base! };
  const plan = useQuery({ queryKey: ["segments", "plan-delete", body], staleTime: 0, queryFn: ({ signal }) => told(client.POST("/api/segments/plan-delete", { body, signal })) });
  return (
    <Asked
      title={`Delete ${segment.title}`} lead={segment.file} customers={customers} plan={plan.data} error={plan.error} isPlanning={plan.isFetching} isReady={!!plan.data} word="Delete" isGrave onClose={onClose}
      act={() => told(client.POST("/api/segments/delete", { body }))} onDone={() => goTo({ at: "list" })}
    >
      <p>The file is deleted; who was in it on earlier days stays known.</p>
    </Asked>
  );
}

/** Something grave: first what it does, then it is done, published at once or later. */
function Asked({ title, lead, customers, plan, error, isPlanning, isReady, word, isGrave, act, onDone, onClose, children }: {
  title: string;
  lead: string;
  customers: string;
  plan: PlanTold | undefined;
  error: unknown;
  isPlanning: boolean;
  isReady: boolean;
  word: string;
  isGrave?: boolean;
  act: () => Promise<unknown>;
  onDone: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const queries = useQueryClient();
  const go = useMutation({
    mutationFn: async (isToPublish: boolean) => {
      await act();
      if (isToPublish) await told(client.POST("/api/segments/publish"));
    },
    onSuccess: async () => {
      onDone();
      await queries.invalidateQueries();
    },
  });
  return (
    <Panel title={title} lead={lead} onClose={onClose}>
      {children}
      {isPlanning && <p role="status" className="working"><Loader size="xs" aria-hidden="true" /> Finding out what it changes …</p>}
      {error instanceof ServerError && <Troubles diagnostics={error.diagnostics} />}
      {plan && isReady && <PlanView plan={plan} customers={customers} />}
      {go.error instanceof ServerError && <Troubles diagnostics={go.error.diagnostics} />}
      <div className="action">
        <Button color={isGrave ? "red" : undefined} disabled={!isReady || go.isPending} loading={go.isPending && go.variables} onClick={() => go.mutate(true)}>{word} and publish</Button>
        <Button variant="default" disabled={!isReady || go.isPending} loading={go.isPending && !go.variables} onClick={() => go.mutate(false)}>{word}, publish later</Button>
        <Button variant="subtle" onClick={onClose}>Back</Button>
      </div>
    </Panel>
  );
}
