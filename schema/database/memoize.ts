/**
 * Caches the results of `build`, a pure function of a text: building and hashing an SQL text for every request would
 * cost as much as executing its statement. The cache is unbounded, so only for a limited set of texts in the code.
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
