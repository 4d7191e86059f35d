import { Autocomplete, NativeSelect, NumberInput, TagsInput, TextInput, type ComboboxLikeRenderOptionInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { client, told, type ValuesTold } from "../../api";
import type { Comparison, Day, Span, Value, Window } from "./model";
import { grouped, patternOf, readPattern, unitWord, UNITS, useLanguage, type Choice } from "./words";

/** A choice in a sentence. */
export function Pick({ label, value, options, onChange, className }: {
  label: string;
  value: string;
  options: readonly { value: string; label: string }[] | { group: string; items: { value: string; label: string }[] }[];
  onChange: (value: string) => void;
  className?: string;
}) {
  return <NativeSelect size="sm" className={`pick ${className ?? ""}`} aria-label={label} value={value} data={options as never} onChange={(e) => onChange(e.currentTarget.value)} />;
}

export function Whole({ label, value, onChange, min = 0, suffix }: { label: string; value: number | null; onChange: (value: number | null) => void; min?: number; suffix?: string }) {
  return (
    <NumberInput
      size="sm" className="number" aria-label={label} hideControls allowDecimal={false} min={min} max={1e12} suffix={suffix}
      value={value ?? ""} onChange={(v) => onChange(typeof v === "number" ? v : null)}
    />
  );
}

export function Amount({ label, value, onChange, isMoney = false, percent = false, isShort = false }: { label: string; value: Value; onChange: (value: number | null) => void; isMoney?: boolean; percent?: boolean; isShort?: boolean }) {
  const words = useLanguage();
  const scale = isMoney ? 10 ** words.minor_digits : percent ? 0.01 : 1;
  const shown = typeof value === "number" ? Number((value / scale).toPrecision(12)) : "";
  return (
    <NumberInput
      size="sm" className={isShort || percent ? "number" : "number wide"} aria-label={label} hideControls thousandSeparator="," decimalScale={isMoney ? words.minor_digits : undefined}
      prefix={isMoney ? `${symbol(words.currency)}` : undefined} suffix={percent ? " %" : undefined} placeholder={isMoney ? symbol(words.currency) : isShort ? undefined : "number"}
      value={shown} onChange={(v) => onChange(typeof v === "number" ? Number((v * scale).toPrecision(15)) : null)}
    />
  );
}

function symbol(currency: string): string {
  return ({ EUR: "€", USD: "$", GBP: "£", JPY: "¥", INR: "₹" } as Record<string, string>)[currency] ?? `${currency} `;
}

export function SpanField({ label, span, onChange, units = UNITS }: { label: string; span: Span; onChange: (span: Span) => void; units?: Span["unit"][] }) {
  return (
    <span className="together">
      <Whole label={`${label}: how many`} value={span.amount} min={1} onChange={(amount) => onChange({ ...span, amount })} />
      <Pick label={`${label}: unit`} value={span.unit} options={units.map((u) => ({ value: u, label: unitWord({ amount: span.amount, unit: u }) }))} onChange={(unit) => onChange({ ...span, unit: unit as Span["unit"] })} />
    </span>
  );
}

const DAY_KINDS = [
  { value: "ago", label: "so long ago" }, { value: "today", label: "today" }, { value: "on", label: "on a date" }, { value: "ahead", label: "so long from now" }, { value: "attribute", label: "on a date of theirs" },
];

/** A day: counted from today, written, or a date of the customer. */
export function DayField({ label, day, onChange, allowed = ["ago", "today", "on", "ahead"] }: { label: string; day: Day; onChange: (day: Day) => void; allowed?: string[] }) {
  const words = useLanguage();
  const kind = "on" in day ? "on" : "attribute" in day ? "attribute" : "ahead" in day ? "ahead" : day.ago.amount === 0 ? "today" : "ago";
  const turn = (to: string) =>
    onChange(to === "on" ? { on: words.as_of } : to === "attribute" ? { attribute: "signed_up_on" } : to === "today" ? { ago: { amount: 0, unit: "day" } } : to === "ahead" ? { ahead: { amount: 30, unit: "day" } } : { ago: { amount: 30, unit: "day" } });
  const kinds = DAY_KINDS.filter((k) => allowed.includes(k.value) || k.value === kind);
  return (
    <span className="together">
      {kind === "ago" && "ago" in day && <SpanField label={label} span={day.ago} onChange={(ago) => onChange({ ago: { ...ago, amount: ago.amount || null } })} />}
      {kind === "ahead" && "ahead" in day && <SpanField label={label} span={day.ahead} onChange={(ahead) => onChange({ ahead })} />}
      {kind === "on" && "on" in day && <TextInput size="sm" type="date" aria-label={`${label}: date`} value={day.on.slice(0, 10)} onChange={(e) => onChange({ on: e.currentTarget.value })} />}
      {kind === "attribute" && "attribute" in day && (
        <Pick label={`${label}: which date`} value={day.attribute} options={words.attributes.filter((a) => a.type === "date").map((a) => ({ value: a.name, label: a.title }))} onChange={(a) => onChange({ attribute: a })} />
      )}
      {kinds.length > 1 && <Pick label={`${label}: kind of day`} value={kind} options={kinds.map((k) => ({ ...k, label: k.value === "ago" && kind === "ago" ? "ago" : k.value === "ahead" && kind === "ahead" ? "from now" : k.label }))} onChange={turn} />}
    </span>
  );
}

export function WindowField({ window, onChange, hasLife = true }: { window: Window; onChange: (window: Window) => void; hasLife?: boolean }) {
  const kinds = [
    { value: "ever", label: "at any time" }, { value: "last", label: "in the last" }, { value: "between", label: "between" }, { value: "since", label: "since" },
    ...(hasLife ? [{ value: "first", label: "in their first" }] : []),
  ];
  const turn = (kind: string): Window => {
    if (kind === "last" || kind === "first") return { kind, span: "span" in window ? window.span : { amount: 30, unit: "day" } };
    if (kind === "between") return { kind, from: { ago: { amount: 90, unit: "day" } }, until: { ago: { amount: 30, unit: "day" } } };
    return kind === "since" ? { kind, day: { attribute: "signed_up_on" } } : { kind: "ever" };
  };
  return (
    <span className="together">
      <Pick label="When" value={window.kind} options={kinds} onChange={(k) => onChange(turn(k))} />
      {(window.kind === "last" || window.kind === "first") && <SpanField label="When" span={window.span} onChange={(span) => onChange({ ...window, span })} />}
      {window.kind === "since" && <DayField label="Since" day={window.day} allowed={["attribute", "on", "ago"]} onChange={(day) => onChange({ ...window, day })} />}
      {window.kind === "between" && (
        <>
          {window.from ? <DayField label="From" day={window.from} allowed={["ago", "on", "attribute"]} onChange={(from) => onChange({ ...window, from })} /> : <span className="says">the beginning</span>}
          <span className="says">and</span>
          {window.until ? <DayField label="Until" day={window.until} allowed={["ago", "on", "attribute", "today"]} onChange={(until) => onChange({ ...window, until })} /> : <span className="says">today</span>}
        </>
      )}
    </span>
  );
}

/** The values of an attribute or a column (`table.column`) with how often each occurs. */
export function useValues(key: string, search: string, isWanted: boolean) {
  const [asked] = useDebouncedValue(search, 150);
  return useQuery({
    queryKey: ["segments", "values", key, asked],
    enabled: isWanted,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }): Promise<ValuesTold> => told(client.GET("/api/segments/values", { signal, params: { query: { attribute: key, search: asked } } })),
  });
}

function useOptions(key: string, typed: string, chosen: readonly string[]) {
  const [open, setOpen] = useState(false);
  const search = chosen.includes(typed) ? "" : typed;
  const found = useValues(key, search, open);
  const counts = useMemo(() => new Map(found.data?.values.map((v) => [String(v.value), v.count])), [found.data]);
  const renderOption = ({ option }: ComboboxLikeRenderOptionInput<{ value: string }>) => (
    <span className="valueoption"><span>{option.value}</span><span className="quiet">{counts.has(option.value) ? grouped(counts.get(option.value)!) : ""}</span></span>
  );
  return { data: [...counts.keys()], renderOption, setOpen, isFetching: found.isFetching };
}

export function TextValue({ of, label, value, onChange }: { of: string; label: string; value: string; onChange: (value: string) => void }) {
  const { data, renderOption, setOpen } = useOptions(of, value, []);
  return (
    <Autocomplete
      size="sm" className="textvalue" aria-label={label} placeholder="value" value={value} onChange={onChange} data={data} renderOption={renderOption as never}
      onFocus={() => setOpen(true)} filter={({ options }) => options} comboboxProps={{ shadow: "md", width: "max-content", position: "bottom-start" }} maxDropdownHeight={260} autoSelectOnBlur={false}
    />
  );
}

export function ManyValues({ of, label, values, onChange, options }: { of: string; label: string; values: string[]; onChange: (values: string[]) => void; options?: { name: string; count: number }[] }) {
  const [typed, setTyped] = useState("");
  const asked = useOptions(of, typed, []);
  const fixed = useMemo(() => new Map(options?.map((o) => [o.name, o.count])), [options]);
  const renderOption = options
    ? ({ option }: ComboboxLikeRenderOptionInput<{ value: string }>) => <span className="valueoption"><span>{option.value}</span><span className="quiet">{grouped(fixed.get(option.value) ?? 0)}</span></span>
    : asked.renderOption;
  return (
    <TagsInput
      size="sm" className="manyvalues" aria-label={label} placeholder={values.length ? undefined : options ? "any event" : "values"} value={values} onChange={onChange} searchValue={typed} onSearchChange={setTyped}
      data={options ? [...fixed.keys()] : asked.data} renderOption={renderOption as never} onFocus={() => asked.setOpen(!options)} splitChars={[]} acceptValueOnBlur
      filter={options ? undefined : ({ options: all }) => all} comboboxProps={{ shadow: "md", width: "max-content", position: "bottom-start" }} maxDropdownHeight={260} clearable={false}
    />
  );
}

/** The values beside an operator, as its type wants them. `of`: whose values are proposed. */
export function Values({ of, label, type, comparison, takes, onChange }: {
  of: string | null;
  label: string;
  type: string | null;
  comparison: Comparison;
  takes: Choice["takes"];
  onChange: (comparison: Comparison) => void;
}) {
  const put = (n: number) => (value: Value) => onChange({ ...comparison, values: comparison.values.with(n, value) });
  const values = comparison.values;
  if (takes === "none") return null;
  if (takes === "many" && type !== "text") {
    return <ListOfNumbers label={label} values={values} type={type} onChange={(next) => onChange({ ...comparison, values: next })} />;
  }
  if (takes === "many") return <ManyValues of={of ?? ""} label={`${label}: values`} values={values.map(String)} onChange={(next) => onChange({ ...comparison, values: next })} />;
  return (
    <>
      {values.map((value, n) => (
        <span className="together" key={n}>
          {n > 0 && <span className="says">and</span>}
          <One of={of} label={takes === "two" ? `${label}: ${n ? "to" : "from"}` : `${label}: value`} type={type} value={value} mode={comparison.mode} onChange={put(n)} />
        </span>
      ))}
    </>
  );
}

function One({ of, label, type, value, mode, onChange }: { of: string | null; label: string; type: string | null; value: Value; mode?: string; onChange: (value: Value) => void }) {
  if (type === "date" || type === "timestamp") {
    const day: Day = value && typeof value === "object" ? value : typeof value === "string" ? { on: value } : { ago: { amount: null, unit: "day" } };
    return <DayField label={label} day={day} onChange={(next) => onChange("on" in next ? next.on || null : next)} />;
  }
  if (type === "integer" || type === "number" || type === "money") return <Amount label={label} value={value} isMoney={type === "money"} isShort={of === null} onChange={onChange} />;
  if (typeof value === "boolean") return <Pick label={label} value={String(value)} options={[{ value: "true", label: "yes" }, { value: "false", label: "no" }]} onChange={(v) => onChange(v === "true")} />;
  const text = typeof value === "string" ? value : "";
  if (mode) return <TextInput size="sm" className="textvalue" aria-label={label} placeholder="text" value={readPattern(text)?.text ?? ""} onChange={(e) => onChange(e.currentTarget.value ? patternOf(mode, e.currentTarget.value) : null)} />;
  return of ? <TextValue of={of} label={label} value={text} onChange={(v) => onChange(v || null)} /> : <TextInput size="sm" className="textvalue" aria-label={label} value={text} onChange={(e) => onChange(e.currentTarget.value || null)} />;
}

function ListOfNumbers({ label, values, type, onChange }: { label: string; values: Value[]; type: string | null; onChange: (values: Value[]) => void }) {
  const isDate = type === "date" || type === "timestamp";
  const { minor_digits } = useLanguage();
  const scale = type === "money" ? 10 ** minor_digits : 1;
  const shown = values.filter((v) => v !== null).map((v) => (typeof v === "number" ? String(v / scale) : String(v)));
  const read = (text: string): Value => (isDate ? (/^\d{4}-\d\d-\d\d$/.test(text) ? text : null) : Number.isFinite(Number(text)) ? Number((Number(text) * scale).toPrecision(15)) : null);
  return (
    <TagsInput
      size="sm" className="manyvalues" aria-label={`${label}: values`} placeholder={shown.length ? undefined : isDate ? "2026-01-31" : "numbers"} value={shown} acceptValueOnBlur splitChars={[" ", ";"]}
      onChange={(next) => onChange(next.map(read).filter((v) => v !== null))}
    />
  );
}
