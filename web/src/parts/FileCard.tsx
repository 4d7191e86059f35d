import { Badge, Button, CloseButton, NativeSelect } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, ServerError, told, type ColumnProposal, type Diagnostic, type ModelTable, type Proposal, type Waiting } from "../api";
import { Prose } from "./Prose";
import { Troubles } from "./Troubles";

const TABLE_WORDS: Record<string, string> = {
  accounts: "customers",
  companies: "facts about companies",
  users: "people",
  events: "what people did in the product",
  subscriptions: "subscriptions",
  charges: "payments",
  orders: "orders",
  order_lines: "lines of orders",
  products: "products",
  tickets: "support tickets",
  responses: "survey answers",
  requests: "feature requests",
  referrals: "referrals",
  interviews: "interviews",
  deals: "deals",
  touches: "contacts",
  spend: "marketing spend",
};
const FIELD_WORDS: Record<string, string> = {
  name: "name, for matching", first_name: "first name, for matching", last_name: "last name, for matching",
  birth_date: "birth date, for matching", email: "e-mail, for matching", website: "web address, for matching",
  phone: "phone, for matching", street: "street, for matching", city: "city, for matching",
  postcode: "postcode, for matching", country: "country, for matching",
};

export function tableWord(table: string): string {
  return TABLE_WORDS[table] ?? table.replaceAll("_", " ");
}

function useChange(file: Waiting) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { proposals?: Proposal[]; table?: string; choice?: { proposal: number; choice: number; answer: string }; continues?: boolean }) =>
      told(client.PUT("/api/inbox/{waiting_id}", { params: { path: { waiting_id: file.id } }, body: { continues: true, ...body } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["inbox"] }),
  });
}

/** One file: what it was recognised as, why, and everything that a person may want to correct. */
export function FileCard({ file }: { file: Waiting }) {
  const queries = useQueryClient();
  const change = useChange(file);
  const leaveOut = useMutation({
    mutationFn: () => told(client.DELETE("/api/inbox/{waiting_id}", { params: { path: { waiting_id: file.id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["inbox"] }),
  });
  const proposals = (file.recognition?.proposals ?? []) as Proposal[];
  const problems = (file.problems ?? []) as unknown as Diagnostic[];
  return (
    <article className={`card file ${file.state}`} aria-label={file.file} data-testid="file">
      <header>
        <h2>{file.file}</h2>
        <span className="quiet">{size(file.size)}{file.recognition?.rows != null && `, ${file.recognition.rows.toLocaleString("en")} rows`}</span>
        <CloseButton aria-label={`Leave out ${file.file}`} onClick={() => leaveOut.mutate()} />
      </header>
      <Troubles diagnostics={problems} />
      {change.error instanceof ServerError && <Troubles diagnostics={change.error.diagnostics} />}
      {file.recognition?.notes?.map((n) => (
        <p key={n.code} className="note"><Prose text={n.message} /> <Prose text={n.remedy} /></p>
      ))}
      {(file.continues?.length ?? 0) > 0 ? (
        <Continuation file={file} onApart={() => change.mutate({ continues: false })} />
      ) : (
        proposals.map((proposal, n) => (
          <ProposalView
            key={`${proposal.table}-${n}`}
            proposal={proposal}
            onChange={(next) => change.mutate({ proposals: proposals.flatMap((p, k) => (k === n ? (next ? [next] : []) : [p])) })}
            onChoice={(choice, answer) => change.mutate({ choice: { proposal: n, choice, answer } })}
            onTable={proposals.length === 1 ? (table) => change.mutate({ table }) : undefined}
          />
        ))
      )}
      {file.state === "unknown" && <Unknown onTable={(table) => change.mutate({ table })} />}
      {file.recognition?.preview && file.recognition.preview.length > 0 && <Preview file={file} />}
    </article>
  );
}

function Continuation({ file, onApart }: { file: Waiting; onApart: () => void }) {
  const renamed = Object.entries(file.renamed ?? {});
  return (
    <div>
      <p>The next file of <strong>{file.continues?.join(", ")}</strong>. It is read as the one before.</p>
      {renamed.map(([before, now]) => (
        <p key={before} className="note">The column <code>{before}</code> seems to be called <code>{now}</code> now.</p>
      ))}
      <Button variant="subtle" size="compact-sm" onClick={onApart}>No, it is another table</Button>
    </div>
  );
}

function Unknown({ onTable }: { onTable: (table: string) => void }) {
  const model = useModel();
  return (
    <NativeSelect
      label="What is a row of this file?"
      value=""
      onChange={(e) => e.currentTarget.value && onTable(e.currentTarget.value)}
      data={[{ value: "", label: "Choose …" }, ...model.map((t) => ({ value: t.name, label: tableWord(t.name) }))]}
    />
  );
}

function useModel(): ModelTable[] {
  const model = useQuery({ queryKey: ["model"], queryFn: () => told(client.GET("/api/model")), staleTime: Infinity });
  return model.data?.tables ?? [];
}

const SURE: Record<string, [string, string]> = { sure: ["sure", "sea"], likely: ["likely", "yellow"], guess: ["a guess", "orange"] };

function ProposalView({ proposal, onChange, onChoice, onTable }: {
  proposal: Proposal;
  onChange: (next: Proposal | null) => void;
  onChoice: (choice: number, answer: string) => void;
  onTable?: (table: string) => void;
}) {
  const model = useModel();
  const used = proposal.columns.filter((c) => c.section !== "unused");
  const sure = proposal.confidence >= 0.9 ? "sure" : proposal.confidence >= 0.6 ? "likely" : "guess";
  const [word, color] = SURE[sure]!;
  return (
    <div className="proposal">
      <p className="headline">
        {proposal.product ? (
          <><strong>{proposal.title}</strong> <span aria-hidden="true">→</span> {tableWord(proposal.table)} </>
        ) : (
          <strong>{sentence(tableWord(proposal.table))} </strong>
        )}
        <Badge color={color} variant="light" size="sm" tt="none">{word}</Badge>
      </p>
      <p className="quiet">{sentence(proposal.reason)}. {used.length} of {proposal.columns.length} columns used.</p>
      {proposal.notes?.map((n) => (
        <p key={n.code} className="note"><Prose text={n.message} /> <Prose text={n.remedy} /></p>
      ))}
      {proposal.choices?.map((choice, n) => (
        <NativeSelect
          key={`${choice.about}-${choice.column}`}
          label={choice.question}
          value={choice.answer}
          data={choice.options.map((o) => ({ value: o, label: choice.about === "table" ? tableWord(o) : o }))}
          onChange={(e) => onChoice(n, e.currentTarget.value)}
        />
      ))}
      <details className="fold">
        <summary>Columns, and what they mean</summary>
        <div className="scroll">
          <table className="columns">
            <thead>
              <tr><th>In the file</th><th>Means</th><th>Because</th></tr>
            </thead>
            <tbody>
              {proposal.columns.map((column, n) => (
                <ColumnRow
                  key={`${column.source}-${column.target}-${n}`}
                  column={column}
                  table={model.find((t) => t.name === proposal.table)}
                  onChange={(next) => onChange({ ...proposal, columns: proposal.columns.map((c, k) => (k === n ? next : c)) })}
                />
              ))}
            </tbody>
          </table>
        </div>
        <div className="row">
          {onTable && (
            <NativeSelect
              label="A row is"
              size="xs"
              value={proposal.table}
              data={model.map((t) => ({ value: t.name, label: tableWord(t.name) }))}
              onChange={(e) => onTable(e.currentTarget.value)}
            />
          )}
          <Button variant="subtle" color="red" size="compact-sm" onClick={() => onChange(null)}>Do not use it as {tableWord(proposal.table)}</Button>
        </div>
      </details>
    </div>
  );
}

function ColumnRow({ column, table, onChange }: { column: ColumnProposal; table?: ModelTable; onChange: (next: ColumnProposal) => void }) {
  const value = column.section === "unused" ? "" : `${column.section}.${column.target}`;
  const options = [
    { value: "", label: "not used" },
    ...(table?.columns ?? []).map((c) => ({ value: `columns.${c.name}`, label: c.name.replaceAll("_", " ") })),
    ...Object.entries(FIELD_WORDS).map(([name, label]) => ({ value: `match.${name}`, label })),
  ];
  if (value && !options.some((o) => o.value === value)) {
    const word = column.section === "same_as" ? `id in ${column.target}` : column.target?.replaceAll("_", " ");
    options.push({ value, label: column.section === "extra" ? `${word} (an attribute of its own)` : `${word}` });
  }
  return (
    <tr className={column.section === "unused" ? "quiet" : undefined}>
      <td>
        {column.source || <em>always the same</em>}
        {column.examples && column.examples.length > 0 && <span className="small">{column.examples.slice(0, 3).join(" · ")}</span>}
      </td>
      <td>
        <NativeSelect
          size="xs"
          aria-label={`Meaning of ${column.source || column.target}`}
          value={value}
          data={options}
          disabled={!column.source}
          onChange={(e) => {
            const [section, target] = e.currentTarget.value.split(/\.(.*)/);
            onChange(
              section
                ? { ...column, section: section as ColumnProposal["section"], target: target ?? "", confidence: 1, reason: "you said so", mapping: mappingOf(column) }
                : { ...column, section: "unused", target: "", reason: "you said so" },
            );
          }}
        />
      </td>
      <td>{column.reason}</td>
    </tr>
  );
}

function mappingOf(column: ColumnProposal): ColumnProposal["mapping"] {
  return (column.mapping ?? { column: column.source }) as ColumnProposal["mapping"];
}

function Preview({ file }: { file: Waiting }) {
  const { header = [], preview = [] } = file.recognition ?? {};
  return (
    <details className="fold">
      <summary>First rows</summary>
      <div className="scroll">
        <table className="preview">
          <thead><tr>{header.map((h, n) => <th key={n}>{h}</th>)}</tr></thead>
          <tbody>
            {preview.slice(0, 5).map((row, n) => (
              <tr key={n}>{row.map((cell, k) => <td key={k}>{cell}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function size(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return bytes >= 1e3 ? `${Math.round(bytes / 1e3)} KB` : `${bytes} bytes`;
}
