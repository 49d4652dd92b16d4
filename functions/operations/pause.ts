/** Lets time pass, in milliseconds; on a Worker there is no module of Node's for it. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
