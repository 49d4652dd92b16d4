const TEXT_MAX = 200;
const BODY_MAX_BYTES = 4_096;

/** Whether a status says that the token is missing or not accepted. */
export function refusedToken(status: number): boolean {
  return status === 401 || status === 403;
}

/** Foreign text, reduced to one line of limited length. */
export function oneLine(text: string): string {
  const line = text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .replace(/\.$/, '');
  return line.length <= TEXT_MAX ? line : `${line.slice(0, TEXT_MAX - 1)}…`;
}

/** The error message in an unsuccessful answer: plain text as it is, a member of JSON, nothing of an HTML page. */
export async function statusText(response: Response): Promise<string> {
  const body = await beginning(response);
  if ((response.headers.get('content-type') ?? '').includes('html') || body.trimStart().startsWith('<')) return '';
  return oneLine(messageOfJson(body) ?? body);
}

/** sqld sends `message` or `error`; others nest the first in the second. */
function messageOfJson(body: string): string | undefined {
  try {
    const said: unknown = JSON.parse(body);
    const error: unknown = Reflect.get(Object(said), 'error');
    const found = [said, Reflect.get(Object(said), 'message'), error, Reflect.get(Object(error), 'message')];
    return found.find((each) => typeof each === 'string') ?? '';
  } catch {
    return undefined;
  }
}

/** As much of the body as is useful. */
async function beginning(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let text = '';
  for (let bytes = 0; bytes < BODY_MAX_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) return text;
    bytes += value.byteLength;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text;
}
