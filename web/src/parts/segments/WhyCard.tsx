import { Autocomplete, Button } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client, ServerError, told, type WhyTold } from "../../api";
import { Troubles } from "../Troubles";
import { sentence } from "./words";

const HOLDS = { yes: ["✓", "holds"], no: ["✗", "does not hold"], unknown: ["?", "unknown"] } as const;

/** Why a customer is in or not: each condition with the customer's own value, and what would have to change. */
export function WhyCard({ segment, text, title }: { segment?: string; text?: string; title: string }) {
  const [typed, setTyped] = useState("");
  const [asked] = useDebouncedValue(typed, 150);
  const found = useQuery({
    queryKey: ["segments", "customers", asked],
    enabled: asked.trim().length > 0,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => told(client.GET("/api/segments/customers", { signal, params: { query: { search: asked } } })),
  });
  const options = asked.trim() ? (found.data?.customers ?? []) : [];
  const why = useMutation({
    mutationFn: (account_id: string) => told(client.POST("/api/segments/why", { body: { account_id, segment: segment ?? null, text: text ?? null } })),
  });
  const ask = (said: string) => {
    const wanted = said.trim();
    const chosen = options.find((o) => o.account_id === wanted) ?? options.find((o) => o.name?.toLowerCase() === wanted.toLowerCase()) ?? (options.length === 1 && asked.trim() === wanted && !found.isPlaceholderData ? options[0] : undefined);
    if (wanted) why.mutate(chosen?.account_id ?? wanted);
  };
  return (
    <section className="card why-card" aria-label={title}>
      <header><h2>{title}</h2></header>
      <form className="row" onSubmit={(e) => { e.preventDefault(); ask(typed); }}>
        <Autocomplete
          className="grow" label="A customer" placeholder="id or name" value={typed} onChange={setTyped} filter={({ options: all }) => all} comboboxProps={{ shadow: "md" }}
          data={options.map((o) => ({ value: o.account_id, label: o.account_id }))} onOptionSubmit={(id) => { setTyped(id); ask(id); }}
          renderOption={({ option }) => { const c = options.find((o) => o.account_id === option.value); return <span className="valueoption"><span>{c?.name ?? option.value}</span><span className="quiet">{c?.name ? option.value : ""}</span></span>; }}
        />
        <Button type="submit" variant="default" loading={why.isPending}>Why?</Button>
      </form>
      <div aria-live="polite">
        {why.error instanceof ServerError && <Troubles diagnostics={why.error.diagnostics} />}
        {why.data && <Answer why={why.data} />}
      </div>
    </section>
  );
}

function Answer({ why }: { why: WhyTold }) {
  const turns = why.reasons.filter((r) => r.turns);
  return (
    <div className="whyanswer">
      <p className={why.is_member ? "verdict in" : "verdict out"}>
        <b>{why.name ?? why.account_id}</b> {why.is_member ? "is in it" : "is not in it"}{why.since && `, since ${why.since}`}.
      </p>
      {why.note && <p className="note">{sentence(why.note)}.</p>}
      <ul className="reasons">
        {why.reasons.map((r) => (
          <li key={r.path.join(".")} className={r.holds}>
            <span className="mark" aria-label={HOLDS[r.holds][1]}>{HOLDS[r.holds][0]}</span>
            <span>{sentence(r.english)}{r.value !== null && <span className="has"> {r.value}</span>}</span>
          </li>
        ))}
      </ul>
      {turns.length > 0 && (
        <div className="turn">
          <p><strong>{why.is_member ? "It would leave if this changed:" : "It would join if this changed:"}</strong></p>
          <ul>{turns.map((r) => <li key={r.path.join(".")}>{sentence(r.wanted)}</li>)}</ul>
        </div>
      )}
    </div>
  );
}
