const KEYWORDS = new Set("and or not in is between like ilike null true false case when then else end today yesterday ago from now".split(" "));
const TOKEN = /(?<comment>(?:#|--)[^\n]*)|(?<text>'(?:''|[^'])*'?)|(?<number>\b\d[\w.]*)|(?<option>[A-Za-z_]\w*(?=\s*=>))|(?<call>[A-Za-z_]\w*(?=\s*\())|(?<word>[A-Za-z_]\w*)|(?<sign>=>|[<>=!]+|[-+*/])/g;


/** The words of a rule in their colours. */
export function tokens(source: string): { from: number; to: number; kind: string }[] {
  return [...source.matchAll(TOKEN)].flatMap((m) => {
    const kind = Object.entries(m.groups ?? {}).find(([, v]) => v !== undefined)?.[0] ?? "word";
    const said = kind === "word" || kind === "call" ? (KEYWORDS.has(m[0].toLowerCase()) ? "keyword" : kind) : kind;
    return said === "word" ? [] : [{ from: m.index, to: m.index + m[0].length, kind: said }];
  });
}

/** A rule that is only to be read, in its colours. */
export function RuleShown({ text }: { text: string }) {
  const found = tokens(text);
  const pieces: React.ReactNode[] = [];
  let at = 0;
  for (const t of found) {
    pieces.push(text.slice(at, t.from), <span key={t.from} className={`t-${t.kind}`}>{text.slice(t.from, t.to)}</span>);
    at = t.to;
  }
  return <pre className="rule">{pieces}{text.slice(at)}</pre>;
}
