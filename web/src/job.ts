import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { client, told, type Job } from "./api";

/** The update that runs: told by the server as it goes on, also after a reload. */
export function useJob(isOpen: boolean) {
  const [job, setJob] = useState<Job | null>(null);
  const queries = useQueryClient();
  useEffect(() => {
    if (!isOpen) return;
    const events = new EventSource("/api/events");
    events.addEventListener("job", (e) => setJob(JSON.parse((e as MessageEvent<string>).data)));
    return () => events.close();
  }, [isOpen]);
  const finished = job?.state === "done" ? job.id : 0;
  useEffect(() => {
    if (finished) void queries.invalidateQueries();
  }, [finished, queries]);
  const start = useCallback(async () => {
    const started = await told(client.POST("/api/update"));
    setJob((now) => (now && now.id >= started.id ? now : started)); // what the server tells as it goes on is newer
  }, []);
  const cancel = useMutation({ mutationFn: () => told(client.DELETE("/api/job")) });
  return { job, start, cancel };
}
