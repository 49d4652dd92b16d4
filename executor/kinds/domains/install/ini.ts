/** Sections of an INI file, and their values by their names as they are written. */
export type Ini = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Comments, continued values and whatever else is no `name = value` are left out: the files are others'. */
export function parseIni(text: string): Ini {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  for (const line of text.split('\n')) {
    const [, header] = /^\[([^\]]+)\]\s*$/.exec(line) ?? [];
    if (header !== undefined) {
      section = sections.get(header) ?? new Map();
      sections.set(header, section);
    }
    const [, name, value] = /^([^\s#;[=:][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) section?.set(name, value);
  }
  return sections;
}
