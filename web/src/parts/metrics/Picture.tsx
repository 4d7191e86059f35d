import { Button, Loader } from "@mantine/core";
import { useDebouncedValue, useElementSize } from "@mantine/hooks";
import { useState } from "react";
import type { MetricAnswer } from "../../api";
import { words, type Asked } from "../../asked";

const AROUND = 88; // the axis and the picture's margins
const STEP = 10; // so that a window being resized does not ask for a picture with every pixel

/** The answer as a picture, drawn by the server as wide as there is room; and the files to take along. */
export function Picture({ answer, asked, at, title }: { answer: MetricAnswer; asked: Asked; at: number; title: string }) {
  const { ref, width: room } = useElementSize();
  const [width] = useDebouncedValue(Math.max(180, Math.floor((room - AROUND) / STEP) * STEP), 200);
  const by = answer.by ? ` by ${answer.by_title}` : "";
  const [first, last] = [answer.periods[0]?.label, answer.periods.at(-1)?.label];
  const source = `/api/metrics/chart.svg?${words(asked, { width: String(width), at: String(at) })}`;
  const [drawn, setDrawn] = useState({ source: "", isBroken: false });
  return (
    <div className="picture" ref={ref}>
      {drawn.source !== source && <p className="working"><Loader size="xs" aria-hidden="true" /> Drawing …</p>}
      {drawn.source === source && drawn.isBroken && <p className="quiet">The chart could not be drawn; the values are in the table.</p>}
      {room > 0 && !(drawn.source === source && drawn.isBroken) && (
        <img
          className={drawn.source === source ? undefined : "old"}
          src={source}
          onLoad={() => setDrawn({ source, isBroken: false })}
          onError={() => setDrawn({ source, isBroken: true })}
          alt={`Chart: ${title}${by}, each ${answer.every} from ${first} to ${last}. The table below has its values.`}
        />
      )}
    </div>
  );
}

export function Downloads({ asked, hasPicture }: { asked: Asked; hasPicture: boolean }) {
  const said = words(asked);
  const name = ["metrics", ...asked.names.slice(0, 2), ...(asked.by ? ["by", asked.by] : [])].join("-").replace(/[^\w-]+/g, "-");
  const link = { component: "a" as const, size: "compact-sm", variant: "default" };
  return (
    <div className="downloads" role="group" aria-label="Take it with you">
      <Button {...link} href={`/api/metrics/table.xlsx?${said}`} download>Excel</Button>
      {hasPicture && <Button {...link} href={`/api/metrics/chart.svg?${said}`} download={`${name}.svg`}>SVG</Button>}
      {hasPicture && <Button {...link} href={`/api/metrics/chart.png?${said}`} download={`${name}.png`}>PNG</Button>}
    </div>
  );
}
