/**
 * `build`, which makes the same of the same text each time, made once for each: an SQL text that is put together for
 * every request costs as much to make and to look up as its statement does to run. For texts of ours only, of which
 * there are few.
 */
export function memoize<Made, Text extends string = string>(build: (text: Text) => Made): (text: Text) => Made {
  const made = new Map<Text, Made>();
  return (text) => {
    const known = made.get(text);
    if (known !== undefined) return known;
    const fresh = build(text);
    made.set(text, fresh);
    return fresh;
  };
}
