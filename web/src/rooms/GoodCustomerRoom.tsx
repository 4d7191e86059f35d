import { Autocomplete, Button, CloseButton, Slider } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { client, ServerError, told, type Ranked, type ThemeName, type ThemeWeight } from "../api";
import type { RoomKey } from "../App";
import { Troubles } from "../parts/Troubles";

interface Props {
  start: () => Promise<void>;
  go: (room: RoomKey) => void;
}

const QUESTIONS: Record<ThemeName, string> = {
  retention: "It stays",
  revenue: "It pays",
  engagement: "It uses what you sell",
  advocacy: "It recommends you",
};

export function GoodCustomerRoom({ start, go }: Props) {
  const value = useQuery({ queryKey: ["value"], queryFn: () => told(client.GET("/api/value")) });
  if (value.error instanceof ServerError) {
    return (
      <section className="room">
        <h1 tabIndex={-1}>What is a good customer?</h1>
        <Troubles diagnostics={value.error.diagnostics} />
        <div className="action"><Button onClick={() => go("result")}>To the result</Button></div>
      </section>
    );
  }
  if (!value.data) return null;
  return <Sliders themes={value.data.themes} start={start} go={go} />;
}

function Sliders({ themes, start, go }: Props & { themes: readonly ThemeWeight[] }) {
  const total = themes.reduce((sum, t) => sum + t.weight, 0) || 1;
  const initial = useMemo(() => Object.fromEntries(themes.map((t) => [t.name, Math.round((100 * t.weight) / total)])), [themes, total]);
  const [shares, setShares] = useState<Record<string, number>>(initial);
  const [followed, setFollowed] = useState<{ account_id: string; name: string }[]>([]);
  const weights = useMemo(
    () => Object.fromEntries(themes.map((t) => [t.name, ((shares[t.name] ?? 0) * total) / 100])) as Record<ThemeName, number>,
    [shares, themes, total],
  );
  const [settled] = useDebouncedValue(weights, 80);
  const nothing = Object.values(settled).every((w) => w === 0);
  const preview = useQuery({
    queryKey: ["preview", settled, followed],
    queryFn: () => told(client.POST("/api/value/preview", { body: { weights: settled, names: followed.map((f) => f.account_id) } })),
    placeholderData: keepPreviousData,
    enabled: !nothing,
  });
  const changed = themes.some((t) => shares[t.name] !== initial[t.name]);
  const save = useMutation({
    mutationFn: async () => {
      if (changed) {
        await told(client.PUT("/api/value", { body: { weights, names: [] } }));
        await start();
      }
      go("result");
    },
  });
  return (
    <section className="room">
      <h1 tabIndex={-1}>What is a good customer?</h1>
      <p className="lead">Say how much each counts for you, and watch names that you know rise and fall.</p>
      <div className="sliders">
        {themes.map((t) => (
          <div key={t.name} className="slider">
            <span id={`label-${t.name}`}>{QUESTIONS[t.name]}</span>
            <Slider
              thumbProps={{ "aria-labelledby": `label-${t.name}` }}
              value={shares[t.name] ?? 0}
              onChange={(v) => setShares({ ...shares, [t.name]: v })}
              disabled={!t.has_data}
              label={(v) => `${v}`}
              step={1}
            />
            <span className="quiet">{t.has_data ? t.inputs.join(", ") : "no data yet: your files say nothing of it"}</span>
          </div>
        ))}
      </div>
      <Follow followed={followed} setFollowed={setFollowed} />
      {nothing && <p className="note">Give at least one of them some weight.</p>}
      {preview.data && (
        <div className="ranks" aria-live="polite" aria-busy={preview.isFetching}>
          {preview.data.followed.length > 0 && <RankList title="Names you follow" rows={preview.data.followed} scored={preview.data.scored} />}
          <RankList title="Would be the best" rows={preview.data.best} scored={preview.data.scored} />
          <RankList title="Would be the worst" rows={preview.data.worst} scored={preview.data.scored} />
        </div>
      )}
      {save.error instanceof ServerError && <Troubles diagnostics={save.error.diagnostics} />}
      <div className="action">
        <Button size="md" disabled={nothing} loading={save.isPending} onClick={() => save.mutate()}>{changed ? "This is a good customer" : "Keep it so"}</Button>
        {changed && <Button variant="subtle" onClick={() => setShares(initial)}>Back to how it was</Button>}
      </div>
    </section>
  );
}

interface Name { account_id: string; name: string }

function Follow({ followed, setFollowed }: { followed: Name[]; setFollowed: (names: Name[]) => void }) {
  const [text, setText] = useState("");
  const [asked] = useDebouncedValue(text, 150);
  const found = useQuery({
    queryKey: ["customers", asked],
    queryFn: () => told(client.GET("/api/customers", { params: { query: { search: asked } } })),
    enabled: asked.length > 1,
    placeholderData: keepPreviousData,
  });
  const options = asked.length > 1 ? (found.data?.customers ?? []) : [];
  return (
    <div className="follow">
      <Autocomplete
        label="Follow customers that you know"
        placeholder="Type a name"
        value={text}
        onChange={setText}
        data={[...new Set(options.map((o) => o.name))]}
        filter={({ options: all }) => all}
        onOptionSubmit={(name) => {
          const chosen = options.find((o) => o.name === name);
          if (chosen && !followed.some((f) => f.account_id === chosen.account_id)) setFollowed([...followed, chosen]);
          setTimeout(() => setText(""));
        }}
      />
      <ul>
        {followed.map((f) => (
          <li key={f.account_id}>
            {f.name}
            <CloseButton size="xs" aria-label={`Do not follow ${f.name}`} onClick={() => setFollowed(followed.filter((x) => x !== f))} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function RankList({ title, rows, scored }: { title: string; rows: readonly Ranked[]; scored: number }) {
  return (
    <section className="card ranklist" aria-label={title}>
      <h2>{title}</h2>
      <ol>
        {rows.map((r) => (
          <li key={r.account_id} className={r.tier ?? undefined}>
            <span className="rank">{r.rank ?? "–"}</span>
            <span className="name">{r.name}</span>
            <Movement before={r.before} now={r.rank} />
          </li>
        ))}
      </ol>
      <p className="small">of {scored.toLocaleString("en")} with a score</p>
    </section>
  );
}

function Movement({ before, now }: { before: number | null; now: number | null }) {
  if (before == null || now == null || before === now) return <span className="move" aria-label="unchanged">=</span>;
  const up = now < before;
  const by = Math.abs(before - now).toLocaleString("en");
  return <span className={up ? "move up" : "move down"} aria-label={`${up ? "up" : "down"} ${by}`}>{up ? "▲" : "▼"} {by}</span>;
}
