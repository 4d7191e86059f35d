import { Button, Loader } from "@mantine/core";
import type { Diagnostic, Job } from "../api";
import { Troubles } from "./Troubles";

/** How far the update is; heard by those who do not see it. */
export function JobBar({ job, onCancel }: { job: Job | null; onCancel: () => void }) {
  const running = job?.state === "running";
  return (
    <>
      <div className={running ? "job running" : "job"} role="status" aria-live="polite">
        {running && (
          <>
            <Loader size="xs" aria-hidden="true" />
            <span>{job.message} …</span>
            <Button size="compact-sm" variant="default" onClick={onCancel}>Stop</Button>
          </>
        )}
        {job?.state === "cancelled" && <span>Stopped. What was published before is untouched.</span>}
      </div>
      {job?.state === "failed" && (
        <Troubles title="The update did not succeed; what was published before is untouched" diagnostics={(job.diagnostics ?? []) as unknown as Diagnostic[]} />
      )}
    </>
  );
}
