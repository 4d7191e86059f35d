// The server's verbs, typed by its own description; what goes wrong is a list of diagnostics, as everywhere in Beachhead.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Waiting = Schemas["Waiting"];
export type Proposal = Schemas["Proposal"];
export type ColumnProposal = Schemas["ColumnProposal"];
export type Job = Schemas["Job"];
export type Question = Schemas["Question"];
export type Result = Schemas["FirstResult"];
export type Person = Schemas["Person"];
export type Ranked = Schemas["RankedTold"];
export type ThemeWeight = Schemas["ThemeTold"];
export type ThemeName = ThemeWeight["name"];
export type ModelTable = Schemas["ModelTable"];
export type Choices = Schemas["Choices"];
export type MetricTold = Schemas["MetricTold"];
export type Breakdown = Schemas["BreakdownTold"];
export type MetricAnswer = Schemas["MetricAnswer"];
export type Cell = Schemas["CellTold"];
export type Behind = Schemas["Behind"];
export type ProjectTold = Schemas["ProjectTold"];
export type SegmentList = Schemas["SegmentList"];
export type SegmentRow = Schemas["SegmentRow"];
export type SegmentPageTold = Schemas["SegmentPageTold"];
export type Remark = Schemas["Remark"];
export type RuleRead = Schemas["RuleRead"];
export type RuleProblem = Schemas["RuleProblem"];
export type RuleCounted = Schemas["RuleCounted"];
export type RuleWords = Schemas["RuleWords"];
export type ValuesTold = Schemas["ValuesTold"];
export type WhyTold = Schemas["WhyTold"];
export type PlanTold = Schemas["PlanTold"];
export type SegmentDraft = Schemas["Draft"];

export interface Diagnostic {
  code: string;
  message: string;
  severity?: string;
  why?: string | null;
  remedy?: string | null;
  file?: string | null;
  line?: number | null;
}

export class ServerError extends Error {
  constructor(
    readonly diagnostics: Diagnostic[],
    readonly status: number,
  ) {
    super(diagnostics.map((d) => d.message).join("; "));
  }
}

const GONE: Diagnostic = {
  code: "server-gone",
  message: "Beachhead does not answer any more.",
  remedy: "Start it again with `beachhead`, and use the page that it opens. Nothing is lost.",
};

export const client = createClient<paths>({
  baseUrl: "",
  fetch: async (request) => {
    try {
      return await fetch(request);
    } catch {
      throw new ServerError([GONE], 0);
    }
  },
});

/** The data of an answer; throws what the server says is wrong. */
export async function told<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw new ServerError(diagnosticsOf(error), response.status);
  return data as T;
}

function diagnosticsOf(error: unknown): Diagnostic[] {
  const listed = (error as { diagnostics?: Diagnostic[] } | undefined)?.diagnostics;
  return listed?.length ? listed : [GONE];
}

function parsed(text: string): { files?: Waiting[] } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface Upload {
  done: Promise<Waiting[]>;
  cancel: () => void;
}

/** Send a file; `progress` gets the share that has left the browser, 0–1. */
export function upload(file: File, progress: (share: number) => void): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<Waiting[]>((resolve, reject) => {
    request.upload.onprogress = (e) => progress(e.lengthComputable && e.total ? e.loaded / e.total : 0);
    request.onload = () => {
      const answer = parsed(request.responseText);
      if (request.status < 300 && answer?.files) resolve(answer.files);
      else reject(new ServerError(diagnosticsOf(answer), request.status));
    };
    request.onerror = () => reject(new ServerError([GONE], 0));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    request.open("PUT", `/api/inbox/files/${encodeURIComponent(file.name)}`);
    request.send(file);
  });
  return { done, cancel: () => request.abort() };
}
