import { Button, Combobox, useCombobox } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import { leaf, noWhere, NO_SPAN, type Leaf, type Model } from "./model";
import { behaviour, emptyComparison } from "./Sentences";
import { grouped, useLanguage, type Words } from "./words";

interface Offer { key: string; label: string; detail: string; group: string; words: string; make: () => Model }

const MOST_OF_A_GROUP = 5;
const MOST_FOUND = 60;
const rows = (table: string, events: string[] = []) => ({ table, events, where: noWhere() });

function offers(words: Words): Offer[] {
  const found: Offer[] = [];
  const offer = (group: string, key: string, label: string, detail: string, make: () => Model, more = "") =>
    found.push({ key, label, detail, group, make, words: `${label} ${detail} ${more}`.toLowerCase() });
  for (const e of words.events) offer("What they did", `event:${e.name}`, `did “${e.name}”`, `${grouped(e.count)} times`, () => behaviour("count", rows("events", [e.name])), "event behaviour");
  if (words.events.length) {
    offer("What they did", "any event", "did anything at all", "", () => behaviour("count", rows("events")), "event");
    offer("What they did", "sequence", "did one after the other", "a sequence of events", () => behaviour("sequence", rows("events")), "then funnel");
    offer("What they did", "dropped off", "began, but did not go on", "", () => behaviour("dropped_off", rows("events")), "funnel abandoned");
  }
  for (const a of words.attributes.filter((a) => a.name !== "account_id")) {
    offer("What they are", `attribute:${a.name}`, a.title, a.lacks ? "no data" : "", () => ({ of: "attribute", attribute: a.name, ...emptyComparison(a.type) }), `${a.name} ${a.area} ${a.description}`);
  }
  for (const t of words.tables.filter((t) => t.has_data && t.key !== "events")) {
    offer("Their tickets, payments and people", `rows:${t.key}`, `has ${t.noun}`, "", () => behaviour("count", rows(t.key)), t.key);
  }
  for (const s of words.segments) offer("Other segments", `segment:${s.name}`, `in “${s.title}”`, s.size === null ? "" : grouped(s.size), () => ({ of: "segment", how: "in", name: s.name, last: NO_SPAN }), `segment ${s.name}`);
  for (const l of words.lists) offer("Lists and samples", `list:${l}`, `on list “${l}”`, "", () => ({ of: "list", negated: false, name: l }), "list");
  offer("Lists and samples", "sample", "in a random sample", "for a holdout or a test", () => ({ of: "sample", negated: false, percent: 10, salt: `test-${words.as_of.slice(0, 4)}` }), "holdout percent");
  offer("Compared with all", "rank", "among the largest", "by any number", () => ({ of: "rank", form: "rank", attribute: null, by: null, operator: "<=", negated: false, values: [50] }), "rank top");
  offer("Compared with all", "percentile", "has more than so many per cent of all", "", () => ({ of: "rank", form: "percentile", attribute: null, by: null, operator: ">=", negated: false, values: [90] }), "percentile top");
  offer("Earlier days", "changed", "something changed", "plan, status, size …", () => ({ of: "changed", attribute: null, from: null, to: null, last: { amount: 30, unit: "day" } }), "before was");
  offer("Earlier days", "was", "was otherwise on an earlier day", "", () => ({ of: "was", attribute: "is_customer", at: { ago: { amount: 30, unit: "day" } }, operator: "yes", negated: false, values: [] }), "before past");
  offer("Anything else", "text", "a condition as text", "all that the language can say", () => ({ of: "text", text: "", tree: null }), "sql formula");
  return found;
}

const ORDER = ["What they did", "What they are", "Their tickets, payments and people", "Other segments", "Lists and samples", "Compared with all", "Earlier days", "Anything else"];

/** Everything that can be a condition, found by typing. */
export function AddCondition({ onAdd, isFirst }: { onAdd: (leaf: Leaf) => void; isFirst: boolean }) {
  const words = useLanguage();
  const [search, setSearch] = useState("");
  const all = useMemo(() => offers(words), [words]);
  const hasChosen = useRef(false);
  const combobox = useCombobox({
    onDropdownClose: () => { // who chose something goes on there
      combobox.resetSelectedOption();
      setSearch("");
      if (!hasChosen.current) combobox.focusTarget();
      hasChosen.current = false;
    },
    onDropdownOpen: () => combobox.focusSearchInput(),
  });
  useEffect(() => { // whoever presses Enter at once gets what fits best
    if (combobox.dropdownOpened) combobox.selectFirstOption();
    // the store is another object with each render
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [search, combobox.dropdownOpened]);
  const wanted = search.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const fits = all.filter((o) => wanted.every((w) => o.words.includes(w)));
  const ranked = wanted.length ? fits.toSorted((a, b) => rank(a, search) - rank(b, search)).slice(0, MOST_FOUND) : fits;
  const groups = ORDER.map((group) => ({ group, items: ranked.filter((o) => o.group === group) })).filter((g) => g.items.length);
  return (
    <Combobox
      store={combobox}
      position="bottom-start"
      shadow="md"
      width={380}
      middlewares={{ flip: true, shift: { padding: 8 } }}
      onOptionSubmit={(key) => {
        const chosen = all.find((o) => o.key === key);
        hasChosen.current = true;
        combobox.closeDropdown();
        if (chosen) onAdd(leaf(chosen.make()));
      }}
    >
      <Combobox.Target withAriaAttributes={false}>
        <Button size="compact-md" variant={isFirst ? "filled" : "light"} aria-haspopup="listbox" aria-expanded={combobox.dropdownOpened} onClick={() => combobox.toggleDropdown()}>
          {isFirst ? "Add the first condition" : "Add a condition"}
        </Button>
      </Combobox.Target>
      <Combobox.Dropdown className="adddropdown">
        <Combobox.Search
          value={search} placeholder="Search: plan, export, tickets, segment …" aria-label="Search for a condition"
          onChange={(e) => setSearch(e.currentTarget.value)}
        />
        <Combobox.Options mah={340} style={{ overflowY: "auto" }}>
          {groups.map(({ group, items }) => (
            <Combobox.Group key={group} label={group}>
              {(wanted.length ? items : items.slice(0, MOST_OF_A_GROUP)).map((o) => (
                <Combobox.Option key={o.key} value={o.key}>
                  <span className="valueoption"><span>{o.label}</span><span className="quiet">{o.detail}</span></span>
                </Combobox.Option>
              ))}
              {!wanted.length && items.length > MOST_OF_A_GROUP && <p className="small moreoptions">and {items.length - MOST_OF_A_GROUP} more: type to find them</p>}
            </Combobox.Group>
          ))}
          {!groups.length && <Combobox.Empty>Nothing is called that. Another word? Or write it as text.</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}

/** What begins with the words comes before what merely holds them. */
function rank(offer: Offer, search: string): number {
  const label = offer.label.toLowerCase().replace(/^(did|in|on list|has) “?/, "");
  const wanted = search.trim().toLowerCase();
  return label.startsWith(wanted) ? 0 : offer.label.toLowerCase().includes(wanted) ? 1 : 2;
}
