// One condition as a sentence with gaps: what somebody is, did, has, is in.
import { Button, CloseButton, Select, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { Amount, DayField, ManyValues, Pick, SpanField, Values, Whole, WindowField } from "./Fields";
import {
  EVER, leaf, measureType, noWhere, NO_SPAN,
  type AttributeModel, type ChangedModel, type Comparison, type CountModel, type Habit, type HabitModel, type Leaf, type ListModel, type Model, type RankModel, type Rows,
  type SampleModel, type SegmentModel, type StepsModel, type Value, type WasModel,
} from "./model";
import { choiceKey, choicesFor, isOfRows, MEASURES, operatorOf, readPattern, sentence, TIMES, useLanguage, type Choice, type Words } from "./words";

interface Props<M> { model: M; onChange: (model: Model) => void }
const Says = ({ children }: { children: ReactNode }) => <span className="says">{children}</span>;

export function Sentence({ model, onChange }: Props<Model>) {
  switch (model.of) {
    case "attribute":
      return <AttributeSentence model={model} onChange={onChange} />;
    case "count":
    case "habit":
    case "steps":
      return <Behaviour model={model} onChange={onChange} />;
    case "segment":
      return <SegmentSentence model={model} onChange={onChange} />;
    case "list":
      return <ListSentence model={model} onChange={onChange} />;
    case "sample":
      return <SampleSentence model={model} onChange={onChange} />;
    case "rank":
      return <RankSentence model={model} onChange={onChange} />;
    case "was":
      return <WasSentence model={model} onChange={onChange} />;
    case "changed":
      return <ChangedSentence model={model} onChange={onChange} />;
    case "text":
      return null; // has a field of its own
  }
}

// ---- what they are

export function emptyComparison(type: string | null): Comparison {
  if (type === "boolean") return { operator: "yes", negated: false, values: [] };
  if (type === "integer" || type === "number" || type === "money") return { operator: ">=", negated: false, values: [null] };
  if (type === "date" || type === "timestamp") return { operator: ">=", negated: false, values: [{ ago: { amount: 30, unit: "day" } }] };
  if (type === "list") return { operator: "contains", negated: false, values: [null] };
  return { operator: "in", negated: false, values: [] };
}

function currentChoice(c: Comparison, type: string | null): string {
  if (type === "text" && c.operator === "ilike") {
    const [value] = c.values;
    const mode = c.mode ?? (typeof value === "string" ? readPattern(value)?.mode : undefined);
    if (mode && (!c.negated || mode === "holds")) return choiceKey(mode, c.negated);
  }
  return choiceKey(c.operator, c.negated);
}

function turned(c: Comparison, to: Choice, type: string | null): Comparison {
  const { operator, negated } = operatorOf(to.value);
  const isMode = ["holds", "begins", "ends"].includes(operator);
  const kept = c.mode || (c.operator === "ilike" && !isMode) ? c.values.map((v) => (typeof v === "string" ? (readPattern(v)?.text ?? v) : v)) : c.values;
  const empty = emptyComparison(type).values[0] ?? null;
  const [first = empty, second = empty] = kept;
  if (isMode) {
    const text = typeof first === "string" ? first : "";
    const pattern = text && (operator === "begins" ? `${text}%` : operator === "ends" ? `%${text}` : `%${text}%`);
    return { operator: "ilike", negated, mode: operator, values: [pattern || null] };
  }
  const values: Value[] = to.takes === "none" ? [] : to.takes === "many" ? kept.filter((v) => v !== null && typeof v !== "object") : to.takes === "two" ? [first, second] : [first];
  return { operator, negated, values };
}

/** An operator that fits the type, and its values. */
export function Compared({ of, label, type, comparison, onChange, choices }: {
  of: string | null;
  label: string;
  type: string | null;
  comparison: Comparison;
  onChange: (comparison: Comparison) => void;
  choices?: Choice[];
}) {
  const words = useLanguage();
  const offered = choices ?? choicesFor(words, type);
  const key = currentChoice(comparison, type);
  const now: Choice = offered.find((o) => o.value === key) ?? { value: key, label: words.operators[type ?? ""]?.find((o) => choiceKey(o.key, o.negated) === key)?.words ?? key, takes: comparison.values.length > 1 ? "many" : comparison.values.length ? "one" : "none" };
  const { mode } = comparison.operator === "ilike" && comparison.mode === undefined ? (readPattern(String(comparison.values[0])) ?? { mode: undefined }) : comparison;
  return (
    <>
      <Pick label={`${label}: operator`} value={key} options={offered.includes(now) ? offered : [...offered, now]} onChange={(k) => onChange(turned(comparison, offered.find((o) => o.value === k)!, type))} />
      <Values of={of} label={label} type={type} comparison={{ ...comparison, mode: key.endsWith("ilike") ? undefined : mode }} takes={now.takes} onChange={onChange} />
    </>
  );
}

const AREAS: Record<string, string> = {
  accounts: "The customer", companies: "The company", lifecycle: "Where they stand", own: "Your own", extra: "From your files", score: "Good-customer score",
};

export function attributeGroups(words: Words, only?: (type: string) => boolean) {
  const groups = new Map<string, { value: string; label: string }[]>();
  for (const a of words.attributes) {
    if (only && !only(a.type)) continue;
    const area = AREAS[a.area] ?? sentence(a.area.replaceAll("_", " "));
    groups.set(area, [...(groups.get(area) ?? []), { value: a.name, label: a.lacks ? `${a.title} (no data)` : a.title }]);
  }
  return [...groups].map(([group, items]) => ({ group, items }));
}

export function AttributePick({ value, onChange, only, label = "Attribute" }: { value: string | null; onChange: (name: string) => void; only?: (type: string) => boolean; label?: string }) {
  const words = useLanguage();
  const groups = attributeGroups(words, only);
  const isKnown = value === null || groups.some((g) => g.items.some((i) => i.value === value));
  const data = isKnown ? groups : [{ group: "Not known", items: [{ value, label: words.titleOf("", value) }] }, ...groups];
  return (
    <Select
      size="sm" className="attribute" aria-label={label} placeholder="choose" searchable allowDeselect={false} data={data} value={value} maxDropdownHeight={320} limit={80}
      onChange={(name) => name && onChange(name)} nothingFoundMessage="Nothing is called that" comboboxProps={{ shadow: "md", width: "max-content", position: "bottom-start" }} onFocus={(e) => e.currentTarget.select()}
    />
  );
}

function AttributeSentence({ model, onChange }: Props<AttributeModel>) {
  const words = useLanguage();
  const type = words.typeOf("", model.attribute);
  return (
    <>
      <AttributePick value={model.attribute} onChange={(attribute) => {
        const next = words.typeOf("", attribute);
        onChange({ of: "attribute", attribute, ...(next === type ? { operator: model.operator, negated: model.negated, values: next === "text" ? [] : model.values } : emptyComparison(next)), ...(next === type && next === "text" ? emptyComparison(next) : {}) });
      }} />
      <Compared of={model.attribute} label={words.titleOf("", model.attribute)} type={type} comparison={model} onChange={(c) => onChange({ of: "attribute", attribute: model.attribute, ...c })} />
    </>
  );
}

// ---- what they did, and what they have

const DID: [verb: string, label: string][] = [
  ["count", "did"], ["never", "never did"], ["first_time", "did for the first time"], ["stopped", "stopped doing"], ["resumed", "did again"], ["regular", "regularly did"],
  ["trend", "did more or less often"], ["share", "did, as a share of all"], ["sequence", "did one after the other"], ["dropped_off", "began, but did not go on"],
];
const HAS: [verb: string, label: string][] = [
  ["count", "has"], ["never", "has no"], ["first_time", "has for the first time"], ["stopped", "has no more"], ["resumed", "has again"], ["regular", "regularly has"],
  ["trend", "has more or fewer"], ["share", "has, as a share of all"],
];
const PEOPLE: [verb: string, label: string][] = [["count", "has"], ["never", "has no"], ["any", "has somebody who is"], ["all", "has only such who are"]];

function verbOf(model: CountModel | HabitModel | StepsModel): string {
  if (model.of === "habit" || model.of === "steps") return model.form;
  return model.measure === "count" && model.operator === "=" && model.values[0] === 0 ? "never" : "count";
}

const rowsIn = (model: CountModel | HabitModel | StepsModel): Rows => (model.of === "steps" ? model.steps[0]! : model.rows);
const MONTH = { amount: 30, unit: "day" as const };

export function behaviour(verb: string, rows: Rows, before?: CountModel | HabitModel | StepsModel): Model {
  const span = before?.of === "habit" && before.last.amount ? before.last : before && "window" in before && before.window.kind === "last" ? before.window.span : MONTH;
  const window = before && before.of !== "habit" ? before.window : { kind: "last" as const, span };
  if (verb === "count") return { of: "count", rows, window, measure: "count", column: null, operator: ">=", negated: false, values: [1] };
  if (verb === "never") return { of: "count", rows, window, measure: "count", column: null, operator: "=", negated: false, values: [0] };
  if (verb === "sequence" || verb === "dropped_off") {
    const next: Rows = { table: "events", events: [], where: noWhere() };
    return { of: "steps", form: verb, steps: before?.of === "steps" ? before.steps.slice(0, verb === "dropped_off" ? 2 : undefined) : [rows, next], within: { amount: 7, unit: "day" }, gap: NO_SPAN, window };
  }
  const isCompared = verb === "trend" || verb === "share";
  return {
    of: "habit", form: verb as Habit, rows, window: verb === "share" ? window : EVER, last: span, after: { amount: 60, unit: "day" }, weeks: 8, atLeast: 6,
    operator: isCompared ? (verb === "trend" ? "<" : ">=") : "yes", negated: false, values: isCompared ? [0.5] : [],
  };
}

function Behaviour({ model, onChange }: Props<CountModel | HabitModel | StepsModel>) {
  const words = useLanguage();
  const rows = rowsIn(model);
  const isEvents = rows.table === "events";
  const verbs = isEvents ? DID : rows.table === "users" ? PEOPLE : HAS;
  const verb = verbOf(model);
  const offered = verbs.some(([v]) => v === verb) ? verbs : [...verbs, ...[...DID, ...HAS].filter(([v]) => v === verb).slice(0, 1)];
  const noun = words.tables.find((t) => t.key === rows.table)?.noun ?? rows.table;
  const verbPick = <Pick label="What they did" className="verb" value={verb} options={offered.map(([value, label]) => ({ value, label }))} onChange={(v) => onChange(behaviour(v, rows, model))} />;
  if (model.of === "steps") return <>{verbPick}<Steps model={model} onChange={onChange} /></>;
  const put = (next: Rows) => onChange({ ...model, rows: next });
  const what = isEvents ? <EventNames rows={rows} onChange={put} /> : <strong className="says noun">{noun}</strong>;
  return (
    <>
      {verbPick}
      {model.of === "count" && verb === "count" && !isEvents && isOfRows(model) && <Times model={model} onChange={onChange} />}
      {what}
      {model.of === "count" && verb === "count" && (isEvents || !isOfRows(model)) && <Times model={model} onChange={onChange} unit={isEvents} />}
      {model.of === "count" && <WindowField window={model.window} onChange={(window) => onChange({ ...model, window })} />}
      {model.of === "habit" && <HabitDetails model={model} onChange={onChange} />}
      <WherePart rows={rows} onChange={put} measure={model.of === "count" && verb === "count" ? <MeasurePick model={model} onChange={onChange} /> : null} />
    </>
  );
}

function EventNames({ rows, onChange }: { rows: Rows; onChange: (rows: Rows) => void }) {
  const { events } = useLanguage();
  return <ManyValues of="events.event" label="Events" options={events} values={rows.events} onChange={(names) => onChange({ ...rows, events: names })} />;
}

/** How often, or what a measure of the rows is compared with. */
function Times({ model, onChange, unit = false }: Props<CountModel> & { unit?: boolean }) {
  const words = useLanguage();
  const put = (c: Comparison) => onChange({ ...model, ...c });
  if (!isOfRows(model) && model.measure !== "distinct") {
    const type = measureType(model, words.typeOf);
    return (
      <>
        <Says>: {MEASURES[model.measure]} {words.titleOf(model.rows.table, model.column ?? "").toLowerCase()}</Says>
        <Compared of={model.column && type === "text" ? `${model.rows.table}.${model.column}` : null} label="Value" type={type} comparison={model} onChange={put} />
      </>
    );
  }
  const after = model.measure === "distinct" ? `different ${words.titleOf(model.rows.table, model.column ?? "").toLowerCase()}s` : unit ? (model.values[0] === 1 && model.operator !== "between" ? "time" : "times") : "";
  return (
    <>
      <Compared of={null} label="How often" type="integer" comparison={model} onChange={put} choices={TIMES} />
      {after && <Says>{after}</Says>}
    </>
  );
}

/** What of the rows counts: their number, or a measure of a column. */
function MeasurePick({ model, onChange }: Props<CountModel>) {
  const words = useLanguage();
  const columns = words.tables.find((t) => t.key === model.rows.table)?.columns ?? [];
  const numeric = columns.filter((c) => ["integer", "number", "money"].includes(c.type));
  const dated = columns.filter((c) => c.type === "date" || c.type === "timestamp");
  const option = (measure: string) => (c: { name: string; title: string }) => ({ value: `${measure}:${c.name}`, label: `${MEASURES[measure]} ${c.title.toLowerCase()}` });
  const data = [
    { group: "How many", items: [{ value: "count:", label: model.rows.table === "events" ? "every time" : "each of them" }, { value: "distinct:week", label: "different weeks" }, ...columns.map(option("distinct"))] },
    ...(numeric.length ? [{ group: "Of a number", items: ["sum", "avg", "min", "max"].flatMap((m) => numeric.map(option(m))) }] : []),
    ...(dated.length ? [{ group: "Of a day", items: ["min", "max"].flatMap((m) => dated.map(option(m))) }] : []),
    { group: "Of one of them", items: ["earliest", "latest"].flatMap((m) => columns.map(option(m))) },
  ];
  const turn = (key: string) => {
    const [measure = "count", column = ""] = key.split(":");
    const next: CountModel = { ...model, measure, column: column || null };
    const type = measureType(next, words.typeOf);
    onChange({ ...next, ...(type === "integer" ? { operator: ">=", negated: false, values: [1] } : { mode: undefined, ...emptyComparison(type) }) });
  };
  return <Pick label="What counts" className="quietpick" value={`${model.measure}:${model.column ?? ""}`} options={data} onChange={turn} />;
}

function HabitDetails({ model, onChange }: Props<HabitModel>) {
  const put = (change: Partial<HabitModel>) => onChange({ ...model, ...change });
  const last = <><Says>in the last</Says><SpanField label="In the last" span={model.last} onChange={(span) => put({ last: span })} /></>;
  switch (model.form) {
    case "regular":
      return (
        <>
          <Says>in at least</Says><Whole label="In so many weeks" value={model.atLeast} min={1} onChange={(atLeast) => put({ atLeast })} />
          <Says>of the last</Says><Whole label="Of so many weeks" value={model.weeks} min={1} onChange={(weeks) => put({ weeks })} /><Says>weeks</Says>
        </>
      );
    case "resumed":
      return <>{last}<Says>after</Says><SpanField label="After" span={model.after} onChange={(after) => put({ after })} /><Says>without</Says></>;
    case "trend":
      return (
        <>
          {last}<Says>than in as long before:</Says>
          <Compared of={null} label="Compared with before" type="number" comparison={model} onChange={(c) => put(c)} choices={TIMES.map((t) => (t.value === "<" ? { ...t, label: "less than" } : t))} />
          <Says>times as often</Says>
        </>
      );
    case "share":
      return <Share model={model} put={put} />;
    case "any":
    case "all":
      return null;
    case "stopped":
      return <><Says>, not once</Says>{last}</>;
    default:
      return last;
  }
}

function Share({ model, put }: { model: HabitModel; put: (change: Partial<HabitModel>) => void }) {
  const offered = TIMES.filter((t) => t.takes === "one");
  return (
    <>
      <WindowField window={model.window} onChange={(window) => put({ window })} />
      <Pick label="Share: operator" value={model.operator} options={offered} onChange={(operator) => put({ operator })} />
      <Amount label="Share: per cent" percent value={model.values[0] ?? null} onChange={(v) => put({ values: [v] })} />
      <Says>of all</Says>
    </>
  );
}

function Steps({ model, onChange }: Props<StepsModel>) {
  const put = (change: Partial<StepsModel>) => onChange({ ...model, ...change });
  return (
    <>
      <ol className="steps">
        {model.steps.map((s, n) => (
          <li key={n}>
            <Says>{n === 0 ? "first" : model.form === "sequence" ? "then" : "but not"}</Says>
            {s.table === "events" ? <EventNames rows={s} onChange={(next) => put({ steps: model.steps.with(n, next) })} /> : <strong className="says noun">{s.table}</strong>}
            <WherePart rows={s} onChange={(next) => put({ steps: model.steps.with(n, next) })} />
            {model.steps.length > 2 && <CloseButton size="sm" aria-label={`Remove step ${n + 1}`} onClick={() => put({ steps: model.steps.toSpliced(n, 1) })} />}
          </li>
        ))}
      </ol>
      {model.form === "sequence" && <Button size="compact-sm" variant="subtle" onClick={() => put({ steps: [...model.steps, { table: "events", events: [], where: noWhere() }] })}>Add a step</Button>}
      <Says>within</Says><SpanField label="Within" span={model.within} units={["day", "week"]} onChange={(within) => put({ within })} />
      <WindowField window={model.window} onChange={(window) => put({ window })} />
    </>
  );
}

/** Which rows: conditions on their columns; of people also what they did. */
function WherePart({ rows, onChange, measure = null }: { rows: Rows; onChange: (rows: Rows) => void; measure?: ReactNode }) {
  const words = useLanguage();
  const columns = words.tables.find((t) => t.key === rows.table)?.columns ?? [];
  const { items, join } = rows.where;
  const put = (next: Leaf[], how = join) => onChange({ ...rows, where: { join: how, items: next } });
  const add = (key: string) => {
    if (key === "*did") return put([...items, leaf(behaviour("count", { table: "events", events: [], where: noWhere() }))]);
    if (key) put([...items, leaf({ of: "attribute", attribute: key, ...emptyComparison(words.typeOf(rows.table, key)) })]);
  };
  const nouns = words.tables.find((t) => t.key === rows.table)?.noun ?? "rows";
  return (
    <>
      {items.length > 0 && (
        <ul className="wherepart" aria-label={`Only such ${nouns}`}>
          {items.map((item, n) => (
            <li key={item.id}>
              {n === 0 ? <Says>where</Says> : <Pick label="And or or" value={join} options={[{ value: "and", label: "and" }, { value: "or", label: "or" }]} onChange={(j) => put(items, j as "and" | "or")} />}
              <WhereSentence item={item} table={rows.table} onChange={(next) => put(items.with(n, next))} />
              <CloseButton size="sm" aria-label="Remove this part" onClick={() => put(items.toSpliced(n, 1))} />
            </li>
          ))}
        </ul>
      )}
      <span className="together more">
        {measure}
        {(columns.length > 0 || rows.table === "users") && (
          <Pick label={`Only such ${nouns}`} className="quietpick" value="" onChange={add} options={[
            { value: "", label: items.length ? "+ and …" : "+ only where …" }, ...columns.filter((c) => c.name !== "event").map((c) => ({ value: c.name, label: c.title })),
            ...(rows.table === "users" && words.events.length ? [{ value: "*did", label: "what they did" }] : []),
          ]} />
        )}
      </span>
    </>
  );
}

function WhereSentence({ item, table, onChange }: { item: Leaf; table: string; onChange: (item: Leaf) => void }) {
  const words = useLanguage();
  const { model } = item;
  if (model.of !== "attribute") return <Sentence model={model} onChange={(next) => onChange({ ...item, model: next })} />;
  const title = words.titleOf(table, model.attribute);
  return (
    <>
      <Says>{title.toLowerCase()}</Says>
      <Compared of={`${table}.${model.attribute}`} label={title} type={words.typeOf(table, model.attribute)} comparison={model} onChange={(c) => onChange({ ...item, model: { of: "attribute", attribute: model.attribute, ...c } })} />
    </>
  );
}

// ---- segments, lists, samples, ranks, earlier days

function SegmentSentence({ model, onChange }: Props<SegmentModel>) {
  const { segments } = useLanguage();
  return (
    <>
      <Pick label="In a segment" value={model.how} options={[{ value: "in", label: "is in" }, { value: "not in", label: "is not in" }, { value: "entered", label: "joined" }, { value: "left", label: "left" }]}
        onChange={(how) => onChange({ ...model, how: how as SegmentModel["how"], last: model.last.amount ? model.last : { amount: 30, unit: "day" } })} />
      <Says>segment</Says>
      <Select size="sm" className="attribute" aria-label="Segment" placeholder="choose" searchable allowDeselect={false} limit={80} value={model.name} data={segments.map((s) => ({ value: s.name, label: s.title }))}
        onChange={(name) => onChange({ ...model, name })} comboboxProps={{ shadow: "md", width: "max-content", position: "bottom-start" }} nothingFoundMessage="No segment is called that" />
      {(model.how === "entered" || model.how === "left") && <><Says>in the last</Says><SpanField label="In the last" span={model.last} onChange={(last) => onChange({ ...model, last })} /></>}
    </>
  );
}

function ListSentence({ model, onChange }: Props<ListModel>) {
  const { lists } = useLanguage();
  return (
    <>
      <Pick label="On a list" value={String(model.negated)} options={[{ value: "false", label: "is on" }, { value: "true", label: "is not on" }]} onChange={(v) => onChange({ ...model, negated: v === "true" })} />
      <Says>list</Says>
      <Pick label="List" value={model.name ?? ""} options={[...(model.name ? [] : [{ value: "", label: "choose" }]), ...lists.map((l) => ({ value: l, label: l }))]} onChange={(name) => onChange({ ...model, name: name || null })} />
    </>
  );
}

function SampleSentence({ model, onChange }: Props<SampleModel>) {
  return (
    <>
      <Pick label="In a sample" value={String(model.negated)} options={[{ value: "false", label: "is in" }, { value: "true", label: "is not in" }]} onChange={(v) => onChange({ ...model, negated: v === "true" })} />
      <Says>a random</Says>
      <Amount label="Per cent" percent value={model.percent === null ? null : model.percent / 100} onChange={(v) => onChange({ ...model, percent: v === null ? null : Number((v * 100).toPrecision(12)) })} />
      <Says>of all, draw</Says>
      <TextInput size="sm" className="textvalue" aria-label="Name of the draw" value={model.salt} onChange={(e) => onChange({ ...model, salt: e.currentTarget.value })} />
    </>
  );
}

const isOrdered = (type: string) => ["integer", "number", "money", "date", "timestamp"].includes(type);

function RankSentence({ model, onChange }: Props<RankModel>) {
  const words = useLanguage();
  const byPick = (
    <Pick label="Among" value={model.by ?? ""} options={[{ value: "", label: "all" }, ...words.attributes.filter((a) => !a.lacks && ["text", "boolean"].includes(a.type)).map((a) => ({ value: a.name, label: `those of the same ${a.title.toLowerCase()}` }))]}
      onChange={(by) => onChange({ ...model, by: by || null })} />
  );
  const turn = (form: string) => onChange({ ...model, form: form as RankModel["form"], operator: form === "rank" ? "<=" : ">=", values: [form === "rank" ? 50 : 90] });
  const isTop = model.form === "rank" && model.operator === "<=" && !model.negated;
  return (
    <>
      <Pick label="Compared with all" value={model.form} options={[{ value: "rank", label: isTop ? "is among the" : "has the rank" }, { value: "percentile", label: "has more than so many per cent of all" }]} onChange={turn} />
      {isTop ? <Whole label="How many" value={typeof model.values[0] === "number" ? model.values[0] : null} min={1} onChange={(v) => onChange({ ...model, values: [v] })} /> : null}
      {isTop && <Says>largest by</Says>}
      {!isTop && <Says>in</Says>}
      <AttributePick value={model.attribute} only={isOrdered} onChange={(attribute) => onChange({ ...model, attribute })} />
      {!isTop && <Compared of={null} label="Rank" type="number" comparison={model} choices={TIMES} onChange={(c) => onChange({ ...model, ...c })} />}
      <Says>among</Says>{byPick}
    </>
  );
}

function WasSentence({ model, onChange }: Props<WasModel>) {
  const words = useLanguage();
  const type = words.typeOf("", model.attribute);
  return (
    <>
      <AttributePick value={model.attribute} onChange={(attribute) => onChange({ ...model, attribute, ...emptyComparison(words.typeOf("", attribute)) })} />
      <Says>was,</Says><DayField label="Then" day={model.at} allowed={["ago", "on"]} onChange={(at) => onChange({ ...model, at })} /><Says>:</Says>
      <Compared of={model.attribute} label={words.titleOf("", model.attribute)} type={type} comparison={model} onChange={(c) => onChange({ ...model, ...c })} />
    </>
  );
}

function ChangedSentence({ model, onChange }: Props<ChangedModel>) {
  const words = useLanguage();
  const type = words.typeOf("", model.attribute ?? "");
  const end = (which: "from" | "to") => (
    <>
      <Pick label={sentence(which)} value={model[which] === null ? "" : "value"} options={[{ value: "", label: `${which} anything` }, { value: "value", label: which }]} onChange={(v) => onChange({ ...model, [which]: v ? (type === "text" ? "" : type === "boolean" ? true : 0) : null })} />
      {model[which] !== null && (
        type === "boolean"
          ? <Pick label={`${which}: value`} value={String(model[which])} options={[{ value: "true", label: "yes" }, { value: "false", label: "no" }]} onChange={(v) => onChange({ ...model, [which]: v === "true" })} />
          : <Values of={model.attribute} label={sentence(which)} type={type} takes="one" comparison={{ operator: "=", negated: false, values: [model[which]] }} onChange={(c) => onChange({ ...model, [which]: c.values[0] ?? "" })} />
      )}
    </>
  );
  return (
    <>
      <AttributePick value={model.attribute} onChange={(attribute) => onChange({ ...model, attribute, from: null, to: null })} />
      <Says>changed</Says>{end("from")}{end("to")}
      <Says>in the last</Says><SpanField label="In the last" span={model.last} onChange={(last) => onChange({ ...model, last })} />
    </>
  );
}

