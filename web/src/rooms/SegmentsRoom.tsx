import "../parts/segments/segments.css";
import { Button, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, useRef } from "react";
import { client, ServerError, told, type Diagnostic, type ProjectTold } from "../api";
import type { RoomKey } from "../App";
import { address, usePlace } from "../parts/segments/address";
import { forgetValues } from "../parts/segments/complete";
import { List } from "../parts/segments/List";
import { SegmentPage } from "../parts/segments/SegmentPage";
import { useWords, withLookUp, WordsContext } from "../parts/segments/words";
import { Troubles } from "../parts/Troubles";

const Editor = lazy(() => import("../parts/segments/Editor")); // brings an editor of text

/** Segments: all of them, one of them, or one while it is written. */
export default function SegmentsRoom({ project, go }: { project: ProjectTold; go: (room: RoomKey) => void }) {
  const place = usePlace();
  const where = JSON.stringify(place);
  const before = useRef(where);
  useEffect(() => {
    if (before.current === where) return;
    before.current = where;
    scrollTo(0, 0);
    setTimeout(() => document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true }));
  }, [where]);
  if (place.at === "list") return <List />;
  if (place.at === "one") return <SegmentPage key={place.name} name={place.name} customers={project.customers_are} everybody={project.customers ?? 0} />;
  return <Edited key={place.name ?? ""} name={place.name} go={go} />;
}

function Edited({ name, go }: { name: string | null; go: (room: RoomKey) => void }) {
  const words = useWords();
  const segment = useQuery({
    queryKey: ["segments", "edited", name],
    enabled: name !== null,
    gcTime: 0,
    staleTime: Infinity,
    queryFn: () => told(client.GET("/api/segments/one", { params: { query: { name: name! } } })),
  });
  const language = useMemo(() => words.data && withLookUp(words.data), [words.data]);
  useEffect(forgetValues, [words.data?.as_of]);
  const error = words.error ?? segment.error;
  if (error instanceof ServerError) return <Broken diagnostics={error.diagnostics} go={go} />;
  if (!language || (name !== null && !segment.data)) {
    return <Waiting name={name} />;
  }
  return <WordsContext.Provider value={language}><Suspense fallback={<Waiting name={name} />}><Editor name={name} segment={segment.data ?? null} /></Suspense></WordsContext.Provider>;
}

function Waiting({ name }: { name: string | null }) {
  return <section className="room segmentroom"><h1 tabIndex={-1}>{name ? "Edit" : "A new segment"}</h1><p role="status" className="working"><Loader size="xs" aria-hidden="true" /> Getting ready …</p></section>;
}

function Broken({ diagnostics, go }: { diagnostics: Diagnostic[]; go: (room: RoomKey) => void }) {
  return (
    <section className="room segmentroom">
      <h1 tabIndex={-1}>Segments</h1>
      <Troubles diagnostics={diagnostics} />
      <div className="action"><Button component="a" href={address({ at: "list" })}>To all segments</Button><Button variant="subtle" onClick={() => go("files")}>To the files</Button></div>
    </section>
  );
}
