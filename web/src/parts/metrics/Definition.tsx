import type { MetricTold } from "../../api";
import { DIRECTIONS, sentence, unitWords } from "./words";

const CERTAINTY: Record<MetricTold["certainty"], string | null> = {
  exact: null,
  proportion: "share of those counted",
  mean: "mean of those asked or counted",
  nps: "Net Promoter Score of those who answered",
  quantile: "median of those counted",
};

/** What a metric is, who defined it so, and how to choose another published definition. */
export function Definition({ metric, currency }: { metric: MetricTold; currency: string }) {
  const estimate = CERTAINTY[metric.certainty];
  const parameters = Object.entries(metric.parameters);
  return (
    <aside className="card definition" aria-label={`What ${metric.title} is`}>
      <h2>What it is</h2>
      <p>{sentence(metric.meaning)}.</p>
      <p className="formula"><code>{metric.formula}</code></p>
      <dl>
        <dt>Unit</dt><dd>{unitWords(metric, currency)}</dd>
        <dt>Which end is good</dt><dd>{DIRECTIONS[metric.direction]}</dd>
        <dt>When there is no value</dt>
        <dd>{sentence(metric.null.replace(/^null\b/, "none"))}.{estimate && ` Fewer than ${metric.minimum} give no value.`}</dd>
        {estimate && (
          <>
            <dt>How sure it is</dt>
            <dd>An estimate, the {estimate}: the likely range holds the true value in 95 of 100 cases.</dd>
          </>
        )}
        {parameters.length > 0 && (
          <>
            <dt>Set in <code>metrics/{metric.name}.yml</code></dt>
            <dd>{parameters.map(([name, value]) => <span key={name} className="parameter">{name.replaceAll("_", " ")}: {value}</span>)}</dd>
          </>
        )}
        <dt>Defined so by</dt><dd>{metric.source === "common" ? "Common practice" : metric.source}</dd>
      </dl>
      {metric.variants.length > 0 && (
        <details className="fold">
          <summary>Other published definitions ({metric.variants.length})</summary>
          {metric.variants.map((v) => (
            <div key={v.name} className="variant">
              <p><strong>{v.source}</strong>{v.name === metric.variant && " (chosen)"}: {v.meaning}.</p>
              <p className="formula"><code>{v.formula}</code></p>
              {v.name !== metric.variant && (
                <p className="small">To use it, write <code>variant: {v.name}</code> in <code>metrics/{metric.name}.yml</code>, then update.</p>
              )}
            </div>
          ))}
        </details>
      )}
    </aside>
  );
}
