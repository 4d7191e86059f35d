import type { Diagnostic } from "../api";
import { Prose } from "./Prose";

/** What is wrong, where, and what to do: the one form in which the page says it. */
export function Troubles({ diagnostics, title }: { diagnostics: readonly Diagnostic[]; title?: string }) {
  if (!diagnostics.length) return null;
  return (
    <div className="troubles" role="alert">
      {title && <h2>{title}</h2>}
      {diagnostics.map((d, n) => (
        <div key={n} className={d.severity === "error" || !d.severity ? "trouble" : "trouble mild"}>
          <p className="what">
            <Prose text={sentence(d.message)} />
            {d.file && <span className="where"> {d.line ? `${d.file}, line ${d.line}` : d.file}</span>}
          </p>
          {d.why && <p className="quiet"><Prose text={sentence(d.why)} /></p>}
          {d.remedy && <p className="remedy"><Prose text={d.remedy} /></p>}
        </div>
      ))}
    </div>
  );
}

function sentence(text: string): string {
  const said = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(said) ? said : `${said}.`;
}
