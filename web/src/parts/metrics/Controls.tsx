import { Input, NativeSelect, SegmentedControl, Select, Switch, type ComboboxItem, type ComboboxItemGroup, type OptionsFilter } from "@mantine/core";
import type { Breakdown, Choices, MetricTold } from "../../api";
import type { Asked, Every } from "../../asked";
import { byTheme, isMovements, lackWords, MOVEMENTS, sentence, titleOf } from "./words";

const HEADLINES = "*";
const MOVED = "*moved";
const SEVERAL = "*several";
const MOST_SIDE_BY_SIDE = 12; // more are not told apart in a chart
const USUAL_NUMBER: Record<Every, string> = { week: "13 weeks", month: "13 months", quarter: "9 quarters", year: "5 years" };

/** Which metric, by what, of whom, and when. */
export function Controls({ choices, asked, ask }: { choices: Choices; asked: Asked; ask: (change: Partial<Asked>) => void }) {
  return (
    <form className="card controls" aria-label="What to show" onSubmit={(e) => e.preventDefault()}>
      <MetricChoice choices={choices} asked={asked} ask={ask} />
      {asked.names.length > 0 && <BreakdownChoice choices={choices} asked={asked} ask={ask} />}
      {choices.segments.length > 0 && (
        <Select
          label={`Only ${choices.customers_are} in`}
          placeholder="no segment: everybody"
          searchable
          selectFirstOptionOnChange
          comboboxProps={{ shadow: "md" }}
          clearable
          clearButtonProps={{ "aria-label": "Everybody again" }}
          data={choices.segments.map((s) => ({ value: s.name, label: s.title }))}
          value={asked.segment}
          onChange={(segment) => ask({ segment })}
          nothingFoundMessage="No segment is called that"
        />
      )}
      <div className="when">
        <div>
          <Input.Label id="label-every" labelElement="div">Each</Input.Label>
          <SegmentedControl
            fullWidth
            aria-labelledby="label-every"
            value={asked.every}
            onChange={(every) => ask({ every: every as Every })}
            data={(["week", "month", "quarter", "year"] as const).map((e) => ({ value: e, label: sentence(e) }))}
          />
        </div>
        <Months asked={asked} ask={ask} asOf={choices.as_of} />
      </div>
      {asked.by && (
        <Switch
          className="today"
          label="Groups as of today"
          description={
            asked.today
              ? "Everybody counts, in all periods, in the group of today. Who left a group is not seen in it any more."
              : "Everybody counts in the group of that time: the one at the start of each period."
          }
          checked={asked.today}
          onChange={(e) => ask({ today: e.currentTarget.checked })}
        />
      )}
    </form>
  );
}

function MetricChoice({ choices, asked, ask }: { choices: Choices; asked: Asked; ask: (change: Partial<Asked>) => void }) {
  const { themes, lacking } = byTheme(choices);
  const known = new Map(choices.metrics.map((m) => [m.name, m]));
  const value = isMovements(asked.names) ? MOVED : asked.names.length > 1 ? SEVERAL : namedOr(asked.names[0], known);
  const several = asked.names.map((n) => titleOf(choices, n)).join(", ");
  const data: ComboboxItemGroup<ComboboxItem>[] = [
    {
      group: "Several together",
      items: [
        { value: HEADLINES, label: "Headline metrics" },
        ...(known.get("mrr")?.lacks === null ? [{ value: MOVED, label: "What moved MRR" }] : []),
        ...(value === SEVERAL ? [{ value: SEVERAL, label: several }] : []),
      ],
    },
    ...themes.map(([group, metrics]) => ({ group, items: metrics.map((m) => ({ value: m.name, label: m.title })) })),
    ...(lacking.length ? [{ group: "No data yet", items: lacking.map((m) => ({ value: m.name, label: m.title })) }] : []),
  ];
  return (
    <Select
      label="Metric"
      searchable
      selectFirstOptionOnChange
      comboboxProps={{ shadow: "md" }}
      allowDeselect={false}
      maxDropdownHeight={420}
      data={data}
      value={value}
      filter={filterBy(known)}
      renderOption={({ option }) => <MetricOption label={option.label} metric={known.get(option.value)} />}
      nothingFoundMessage="No metric is called that"
      onFocus={(e) => e.currentTarget.select()}
      onChange={(next) => {
        if (!next || next === SEVERAL) return;
        const names = next === HEADLINES ? [] : next === MOVED ? MOVEMENTS : [next];
        ask({ names, ...(names.length === 0 || !fits(choices, asked.by, names) ? { by: null, today: false } : {}) });
      }}
    />
  );
}

function namedOr(name: string | undefined, known: Map<string, MetricTold>): string | null {
  if (!name) return HEADLINES;
  return known.has(name) ? name : null; // an address may name anything
}

function MetricOption({ label, metric }: { label: string; metric?: MetricTold }) {
  return (
    <span className={metric?.lacks ? "option lacking" : "option"}>
      {label}
      {metric && <span className="small">{metric.lacks ? `Needs ${lackWords(metric.lacks)}` : sentence(metric.meaning)}</span>}
    </span>
  );
}

/** What is typed is looked for in titles first, then in names and meanings. */
function filterBy(known: Map<string, MetricTold>): OptionsFilter {
  return ({ options, search }) => {
    const wanted = search.trim().toLowerCase();
    const text = (o: ComboboxItem) => {
      const m = known.get(o.value);
      return `${o.label} ${m ? `${m.name} ${m.meaning}` : ""}`.toLowerCase();
    };
    const groups = options as ComboboxItemGroup<ComboboxItem>[];
    const titled = groups.map((g) => ({ ...g, items: g.items.filter((o) => o.label.toLowerCase().includes(wanted)) }));
    const found = titled.some((g) => g.items.length) ? titled : groups.map((g) => ({ ...g, items: g.items.filter((o) => text(o).includes(wanted)) }));
    return found.filter((g) => g.items.length);
  };
}

const KINDS: [Breakdown["kind"], string][] = [
  ["attribute", "What they are"],
  ["counted", "What is counted"],
  ["segment", "In a segment or not"],
];

function BreakdownChoice({ choices, asked, ask }: { choices: Choices; asked: Asked; ask: (change: Partial<Asked>) => void }) {
  const fitting = choices.breakdowns.filter((b) => fits(choices, b.name, asked.names));
  const several = severalSegments(choices, asked.by);
  return (
    <Select
      label="By"
      placeholder="no groups: all together"
      searchable
      selectFirstOptionOnChange
      comboboxProps={{ shadow: "md" }}
      clearable
      clearButtonProps={{ "aria-label": "All together again" }}
      maxDropdownHeight={420}
      data={KINDS.map(([kind, group]) => ({
        group,
        items: [
          ...(kind === "segment" ? several : []),
          ...fitting.filter((b) => b.kind === kind).map((b) => ({ value: b.name, label: sentence(b.title) })),
        ],
      })).filter((g) => g.items.length)}
      value={asked.by}
      onChange={(by) => ask(by ? { by } : { by: null, today: false })}
      nothingFoundMessage="Nothing is called that"
    />
  );
}

/** Segments side by side: all of them, and those that the address names. */
function severalSegments(choices: Choices, by: string | null): ComboboxItem[] {
  const title = (name: string) => choices.segments.find((s) => s.name === name)?.title ?? name;
  const all = choices.segments.map((s) => s.name).join(",");
  return [
    ...(choices.segments.length > 1 && choices.segments.length <= MOST_SIDE_BY_SIDE ? [{ value: all, label: "All segments side by side" }] : []),
    ...(by?.includes(",") && by !== all ? [{ value: by, label: by.split(",").map(title).join(", ") }] : []),
  ];
}

function fits(choices: Choices, by: string | null, names: readonly string[]): boolean {
  const only = choices.breakdowns.find((b) => b.name === by)?.only;
  return !only || names.every((n) => only.includes(n));
}

function Months({ asked, ask, asOf }: { asked: Asked; ask: (change: Partial<Asked>) => void; asOf: string }) {
  const months = monthsBefore(asOf, 120);
  const [from, to] = [asked.from?.slice(0, 7) ?? "", asked.to?.slice(0, 7) ?? ""];
  const grouped = (kept: (month: string) => boolean, chosen: string) => {
    const years = new Map<string, string[]>();
    for (const m of new Set([...(chosen ? [chosen] : []), ...months.filter(kept)])) {
      years.set(m.slice(0, 4), [...(years.get(m.slice(0, 4)) ?? []), m]);
    }
    return [...years].sort(([a], [b]) => b.localeCompare(a)).map(([group, items]) => ({ group, items }));
  };
  return (
    <>
      <NativeSelect
        label="From"
        value={from}
        onChange={(e) => ask({ from: e.currentTarget.value ? `${e.currentTarget.value}-01` : null })}
        data={[{ value: "", label: `last ${USUAL_NUMBER[asked.every]}` }, ...grouped((m) => !to || m <= to, from)]}
      />
      <NativeSelect
        label="To"
        value={to}
        onChange={(e) => ask({ to: e.currentTarget.value ? lastDay(e.currentTarget.value) : null })}
        data={[{ value: "", label: asOf }, ...grouped((m) => !from || m >= from, to)]}
      />
    </>
  );
}

/** So many months up to the one that holds the day, newest first. */
function monthsBefore(day: string, count: number): string[] {
  const [year = 0, month = 1] = day.split("-").map(Number);
  return Array.from({ length: count }, (_, n) => {
    const at = year * 12 + month - 1 - n;
    return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, "0")}`;
  });
}

function lastDay(month: string): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return `${month}-${new Date(Date.UTC(year, number, 0)).getUTCDate()}`;
}
