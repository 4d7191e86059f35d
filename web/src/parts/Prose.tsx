/** A text in which what stands between backquotes is code. */
export function Prose({ text }: { text: string }) {
  return <>{text.split(/`([^`]+)`/).map((part, n) => (n % 2 ? <code key={n}>{part}</code> : part))}</>;
}
