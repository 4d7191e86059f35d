import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import { client, ServerError, told, type ProjectTold } from "./api";
import { useJob } from "./job";
import { FilesRoom } from "./rooms/FilesRoom";
import { GoodCustomerRoom } from "./rooms/GoodCustomerRoom";
import { MetricsRoom } from "./rooms/MetricsRoom";
import { QuestionsRoom } from "./rooms/QuestionsRoom";
import { ResultRoom } from "./rooms/ResultRoom";
import { StartRoom } from "./rooms/StartRoom";
import { JobBar } from "./parts/JobBar";
import { Troubles } from "./parts/Troubles";

const SegmentsRoom = lazy(() => import("./rooms/SegmentsRoom")); // brings an editor; whoever does not go there need not load it

const ROOMS = [
  { key: "start", title: "Your company" },
  { key: "files", title: "Files" },
  { key: "questions", title: "Questions" },
  { key: "good", title: "A good customer" },
  { key: "result", title: "Result" },
  { key: "segments", title: "Segments" },
  { key: "metrics", title: "Metrics" },
] as const;
export type RoomKey = (typeof ROOMS)[number]["key"];

function roomInAddress(): RoomKey | null {
  const key = location.hash.replace("#", "").split("?")[0]; // what follows is the room's own
  return ROOMS.find((r) => r.key === key)?.key ?? null;
}

/** The room that the address names, so that a reload and the back button lead where one was. */
function useRoom(): [RoomKey | null, (room: RoomKey) => void] {
  const [room, setRoom] = useState(roomInAddress);
  useEffect(() => {
    const follow = () => setRoom(roomInAddress());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return [room, (next) => (location.hash = next)];
}

export function App() {
  const project = useQuery({ queryKey: ["project"], queryFn: () => told(client.GET("/api/project")) });
  const [wanted, go] = useRoom();
  if (project.error instanceof ServerError) {
    return (
      <main className="alone">
        <Troubles title="This page is not connected" diagnostics={project.error.diagnostics} />
      </main>
    );
  }
  if (!project.data) return null;
  return <House project={project.data} wanted={wanted} go={go} />;
}

function House({ project, wanted, go }: { project: ProjectTold; wanted: RoomKey | null; go: (room: RoomKey) => void }) {
  const { job, start, cancel } = useJob(project.open);
  const open = openRooms(project);
  const room = wanted && open.has(wanted) ? wanted : defaultRoom(project);
  useEffect(() => {
    document.title = `${ROOMS.find((r) => r.key === room)?.title} · ${project.name || "Beachhead"}`;
    document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
    document.querySelector(".step[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    scrollTo(0, 0);
  }, [room, project.name]);
  return (
    <div className="house">
      <a className="skip" href="#content" onClick={(e) => { e.preventDefault(); document.getElementById("content")?.focus(); }}>
        To the content
      </a>
      <header className="rail">
        <div className="brand">
          <img src="/icon.svg" alt="" width="26" height="26" />
          <span>{project.name || "Beachhead"}</span>
        </div>
        <nav aria-label="Steps">
          <ol>
            {ROOMS.map((r, n) => (
              <li key={r.key}>
                <button
                  type="button"
                  className="step"
                  aria-current={r.key === room ? "step" : undefined}
                  disabled={!open.has(r.key)}
                  onClick={() => go(r.key)}
                >
                  <span className="number" aria-hidden="true">{n + 1}</span>
                  <span className="label">{r.title}</span>
                </button>
              </li>
            ))}
          </ol>
        </nav>
        {project.as_of && (
          <p className="asof">
            Data as of {project.as_of}
            <br />
            {project.customers?.toLocaleString("en")} {project.customers_are}
          </p>
        )}
      </header>
      <main id="content" tabIndex={-1}>
        <JobBar job={job} onCancel={() => cancel.mutate()} />
        {cancel.error instanceof ServerError && <Troubles diagnostics={cancel.error.diagnostics} />}
        {room === "start" && <StartRoom project={project} onDone={() => go("files")} />}
        {room === "files" && <FilesRoom project={project} job={job} start={start} go={go} />}
        {room === "questions" && <QuestionsRoom start={start} go={go} />}
        {room === "good" && <GoodCustomerRoom start={start} go={go} />}
        {room === "result" && <ResultRoom go={go} />}
        {room === "segments" && <Suspense fallback={<section className="room"><h1 tabIndex={-1}>Segments</h1></section>}><SegmentsRoom project={project} go={go} /></Suspense>}
        {room === "metrics" && <MetricsRoom go={go} />}
      </main>
    </div>
  );
}

function openRooms(project: ProjectTold): Set<RoomKey> {
  if (!project.open) return new Set(["start"]);
  return new Set(project.as_of ? ["start", "files", "questions", "good", "result", "segments", "metrics"] : ["start", "files"]);
}

function defaultRoom(project: ProjectTold): RoomKey {
  if (!project.open) return "start";
  return project.as_of ? "result" : "files";
}
