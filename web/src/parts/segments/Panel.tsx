import { CloseButton } from "@mantine/core";
import { useLayoutEffect, useRef, type ReactNode } from "react";

/** Something beside the room, over it; closed with Escape, its button or a click outside. */
export function Panel({ title, lead, onClose, children }: { title: string; lead?: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => { // closed before it leaves the document, so that the focus goes back to where it was
    const opened = dialog.current;
    if (opened && !opened.open) opened.showModal();
    return () => opened?.close();
  }, []);
  return (
    <dialog
      ref={dialog} className="panel" aria-labelledby="panel-title" onCancel={(e) => { e.preventDefault(); onClose(); }}
      onMouseDown={(e) => { if (e.target === e.currentTarget) onClose(); }}
    >
      <div className="inside">
        <header>
          <p className="quiet">{lead}</p>
          <h2 id="panel-title">{title}</h2>
          <CloseButton aria-label="Close" onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}
