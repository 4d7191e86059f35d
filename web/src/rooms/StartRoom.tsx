import { Button, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, ServerError, told, type ProjectTold } from "../api";
import { Troubles } from "../parts/Troubles";

const CURRENCIES = ["EUR", "USD", "GBP", "CHF", "SEK", "DKK", "NOK", "PLN", "CZK", "CAD", "AUD", "INR", "BRL", "JPY"];
const WORDS = ["customers", "companies", "teams", "shops", "households", "members", "clients"];

export function StartRoom({ project, onDone }: { project: ProjectTold; onDone: () => void }) {
  const [name, setName] = useState(project.name ?? "");
  const [word, setWord] = useState("customers");
  const [currency, setCurrency] = useState("EUR");
  const queries = useQueryClient();
  const make = useMutation({
    mutationFn: () =>
      told(
        client.POST("/api/project", {
          body: { name, customers_are: word, currency, timezone: Intl.DateTimeFormat().resolvedOptions().timeZone },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries();
      onDone();
    },
  });
  if (project.open) {
    return (
      <section className="room narrow">
        <h1 tabIndex={-1}>{project.name}</h1>
        <dl className="facts">
          <dt>What customers are called</dt><dd>{project.customers_are}</dd>
          <dt>Currency</dt><dd>{project.currency}</dd>
          <dt>Days begin and end in</dt><dd>{project.timezone}</dd>
          <dt>Everything lies in</dt><dd><code>{project.folder}</code></dd>
        </dl>
        <p className="quiet">These stand in <code>beachhead.yml</code>, a text file that you can change and keep in git.</p>
        <Button onClick={onDone}>To the files</Button>
      </section>
    );
  }
  return (
    <section className="room narrow">
      <h1 tabIndex={-1}>Find your best customers</h1>
      <p className="lead">
        Drop the exports that you have: from your CRM, billing, support, surveys. In a few minutes you see who your best
        and your worst customers are, by name, and what they share.
      </p>
      <p className="quiet">Everything stays on this machine. Nothing is sent anywhere.</p>
      <form
        className="stack"
        onSubmit={(e) => {
          e.preventDefault();
          make.mutate();
        }}
      >
        <TextInput label="Name of your company" value={name} onChange={(e) => setName(e.currentTarget.value)} required autoFocus />
        <Select label="What do you call your customers?" data={WORDS} value={word} onChange={(v) => setWord(v ?? "customers")} allowDeselect={false} />
        <Select label="Your currency" data={CURRENCIES} value={currency} onChange={(v) => setCurrency(v ?? "EUR")} allowDeselect={false} searchable />
        {make.error instanceof ServerError && <Troubles diagnostics={make.error.diagnostics} />}
        <Button type="submit" size="md" loading={make.isPending}>Begin</Button>
      </form>
    </section>
  );
}
