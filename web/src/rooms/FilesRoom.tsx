import { Button, CloseButton, Progress } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type DragEvent } from "react";
import { client, ServerError, told, upload, type Job, type ProjectTold, type Upload, type Waiting } from "../api";
import type { RoomKey } from "../App";
import { FileCard } from "../parts/FileCard";
import { Troubles } from "../parts/Troubles";

interface Sending {
  key: number;
  name: string;
  share: number;
  upload: Upload;
}

interface Props {
  project: ProjectTold;
  job: Job | null;
  start: () => Promise<void>;
  go: (room: RoomKey) => void;
}

export function FilesRoom({ project, job, start, go }: Props) {
  const queries = useQueryClient();
  const inbox = useQuery({ queryKey: ["inbox"], queryFn: () => told(client.GET("/api/inbox")) });
  const { sending, failed, send } = useSending(() => queries.invalidateQueries({ queryKey: ["inbox"] }));
  const files = inbox.data?.files ?? [];
  const usable = files.filter((f) => f.state === "recognised");
  const use = useMutation({
    mutationFn: async () => {
      await told(client.POST("/api/inbox/confirm", { body: { ids: usable.map((f) => f.id) } }));
      await start();
    },
    onSettled: () => queries.invalidateQueries(),
  });
  const update = useMutation({ mutationFn: start });
  const running = job?.state === "running";
  const published = project.as_of != null && job?.state === "done";
  return (
    <section className="room">
      <h1 tabIndex={-1}>Your files</h1>
      <p className="lead">
        Exports as they are: CSV, Excel, JSON, from Stripe, Shopify, Salesforce, HubSpot, Zendesk, a survey, your own
        tables. They need no common key.
      </p>
      <DropZone onFiles={send} compact={files.length > 0} />
      <ul className="sending" aria-label="Being sent">
        {sending.map((s) => (
          <li key={s.key}>
            <span className="name">{s.name}</span>
            <Progress value={s.share * 100} aria-label={`${s.name} sent`} animated={s.share === 1} />
            <span className="quiet">{s.share < 1 ? `${Math.round(s.share * 100)} %` : "looking at it"}</span>
            <CloseButton aria-label={`Cancel ${s.name}`} onClick={s.upload.cancel} />
          </li>
        ))}
      </ul>
      <Troubles diagnostics={failed} />
      <p className="visually-hidden" role="status">{files.length ? `${files.length} files received` : ""}</p>
      {files.map((file) => (
        <FileCard key={file.id} file={file} />
      ))}
      {use.error instanceof ServerError && <Troubles diagnostics={use.error.diagnostics} />}
      {usable.length > 0 && (
        <div className="action">
          <Button size="md" onClick={() => use.mutate()} loading={use.isPending} disabled={running || sending.length > 0}>
            {usable.length === 1 ? "Use this file" : `Use these ${usable.length} files`}
          </Button>
          <span className="quiet">You can change everything later.</span>
        </div>
      )}
      {published && !usable.length && (
        <div className="action">
          <Button size="md" onClick={() => go("questions")}>Continue</Button>
        </div>
      )}
      {(project.sources?.length ?? 0) > 0 && (
        <details className="fold">
          <summary>In use: {project.sources?.length} sources</summary>
          <p>{project.sources?.join(", ")}</p>
          {update.error instanceof ServerError && <Troubles diagnostics={update.error.diagnostics} />}
          <Button variant="default" size="compact-sm" onClick={() => update.mutate()} disabled={running}>Update from these files</Button>
        </details>
      )}
    </section>
  );
}

/** Files on their way; each can be cancelled, and one that fails says why. */
function useSending(onReceived: () => Promise<void>) {
  const [sending, setSending] = useState<Sending[]>([]);
  const [failed, setFailed] = useState<ServerError["diagnostics"]>([]);
  const next = useRef(0);
  const send = (files: Iterable<File>) => {
    setFailed([]);
    for (const file of files) {
      const key = next.current++;
      const share = (value: number) => setSending((all) => all.map((s) => (s.key === key ? { ...s, share: value } : s)));
      const one = upload(file, share);
      setSending((all) => [...all, { key, name: file.name, share: 0, upload: one }]);
      one.done
        .then(onReceived)
        .catch((error: unknown) => {
          if (error instanceof ServerError) setFailed((all) => [...all, ...error.diagnostics]);
        })
        .finally(() => setSending((all) => all.filter((s) => s.key !== key)));
    }
  };
  return { sending, failed, send };
}

function DropZone({ onFiles, compact }: { onFiles: (files: Iterable<File>) => void; compact: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    onFiles([...event.dataTransfer.files]);
  };
  return (
    <div
      className={`drop${over ? " over" : ""}${compact ? " compact" : ""}`}
      data-testid="drop"
      onDragOver={(e) => {
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <p className="big">Drop files here</p>
      <Button variant="default" onClick={() => input.current?.click()}>Choose files</Button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="choose"
        onChange={(e) => {
          onFiles([...(e.currentTarget.files ?? [])]);
          e.currentTarget.value = "";
        }}
      />
    </div>
  );
}

export type { Waiting };
