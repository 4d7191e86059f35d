// Where one is among the segments, as the address says it: the list, one of them, or its editor.
import { useEffect, useState } from "react";

export type Place = { at: "list" } | { at: "one"; name: string } | { at: "edit"; name: string | null };

export function address(place: Place): string {
  if (place.at === "list") return "#segments";
  const said = new URLSearchParams(place.at === "one" ? { name: place.name } : place.name === null ? { new: "" } : { edit: place.name });
  return `#segments?${said}`;
}

function read(): Place {
  const given = new URLSearchParams(location.hash.split("?").slice(1).join("?"));
  const [name, edit] = [given.get("name"), given.get("edit")];
  if (edit) return { at: "edit", name: edit };
  if (given.has("new")) return { at: "edit", name: null };
  return name ? { at: "one", name } : { at: "list" };
}

export function usePlace(): Place {
  const [place, setPlace] = useState(read);
  useEffect(() => {
    const follow = () => setPlace(read());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return place;
}

export const goTo = (place: Place): void => void (location.hash = address(place));
