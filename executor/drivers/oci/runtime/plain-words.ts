const LOGGED_ERROR = /\blevel=(?:error|fatal) msg=("(?:[^"\\]|\\.)*"|\S+)/g;

/** What runc complains of, without the envelope of its log, `time="…" level=error msg="…"`; the last error says why. */
export function plainWords(text: string): string {
  const logged = [...text.matchAll(LOGGED_ERROR)].at(-1)?.[1];
  return logged === undefined ? text.trim() : unquoted(logged);
}

/** Go quotes as JSON does, but for characters that no reason has. */
function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(1, -1);
  }
}
