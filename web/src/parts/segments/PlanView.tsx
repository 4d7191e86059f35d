import type { Diagnostic, PlanTold } from "../../api";
import { Troubles } from "../Troubles";
import { grouped, sentence } from "./words";

const KINDS: Record<PlanTold["changes"][number]["kind"], string> = {
  new: "New", changed: "Changed", restored: "Works again", removed: "Removed", follows: "Changes with it",
};

/** Who joins and who leaves, what they bring, who else asks. */
export function PlanView({ plan, customers, isOfOne = false }: { plan: PlanTold; customers: string; isOfOne?: boolean }) {
  const asked = plan.changes.filter((c) => c.is_asked);
  const others = plan.changes.filter((c) => !c.is_asked);
  return (
    <div className="plan">
      <Troubles diagnostics={plan.problems as unknown as Diagnostic[]} />
      {isOfOne && !asked.length && <p>Nobody joins it and nobody leaves it: its rule means what it meant before.</p>}
      {!isOfOne && !plan.changes.length && <p>Nobody joins and nobody leaves: no segment has other members than before.</p>}
      {asked.map((c) => <Change key={c.name} change={c} plan={plan} customers={customers} />)}
      {others.length > 0 && (
        <>
          <h3>{isOfOne ? "Also changes when it is published" : "What changes"}</h3>
          {others.map((c) => <Change key={c.name} change={c} plan={plan} customers={customers} />)}
        </>
      )}
      {plan.looks_back > 0 && <p className="note">The rules look back to {plan.looks_back} earlier {plan.looks_back === 1 ? "day" : "days"}; every update computes {plan.looks_back === 1 ? "it" : "them"}.</p>}
      {plan.needs_update && <p className="note">More than rules has changed since the last update, so that publishing takes an update of everything.</p>}
      <p className="quiet small">{grouped(plan.unchanged)} other segments stay as they are. Found out in {plan.seconds.toFixed(2)} s.</p>
    </div>
  );
}

function Change({ change: c, plan, customers }: { change: PlanTold["changes"][number]; plan: PlanTold; customers: string }) {
  return (
    <section className="change-card" aria-label={c.title}>
      <header>
        <h3>{c.title}</h3><span className="badge">{KINDS[c.kind]}</span>
        <span className="sizes">{c.before !== null && <>{grouped(c.before)} → </>}<b>{c.after === null ? "gone" : grouped(c.after)}</b> {customers}</span>
      </header>
      {c.english && <p className="quiet">{sentence(c.english)}.</p>}
      <div className="sides">
        <SideView word="join" sign="+" side={c.joined} money={plan.money_title} />
        <SideView word="leave" sign="−" side={c.left} money={plan.money_title} />
      </div>
      {c.used_by.length > 0 && <p className="small">Used by {c.used_by.join(", ")}.</p>}
    </section>
  );
}

function SideView({ word, sign, side, money }: { word: string; sign: string; side: PlanTold["changes"][number]["joined"]; money: string | null }) {
  const more = side.count - side.notable.length;
  return (
    <div className={side.count ? `side ${word}` : "side none"}>
      <p><b>{sign}{grouped(side.count)}</b> {word}{side.count > 0 && money && side.money && <span className="quiet"> · {money} {side.money}</span>}</p>
      {side.count > 0 && <p className="small">{side.notable.map((n) => n.name ?? n.account_id).join(", ")}{more > 0 && ` and ${grouped(more)} more`}</p>}
    </div>
  );
}
