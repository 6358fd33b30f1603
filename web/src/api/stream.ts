/** An event of a text/event-stream. */
export interface StreamEvent {
  id: string;
  event: string;
  data: string;
}

/**
 * Cuts a text/event-stream into events. The answer takes the text as it comes
 * and returns the events that are complete with it.
 */
export function eventParser(): (text: string) => StreamEvent[] {
  let rest = "";
  let id = "";
  let event = "";
  let data: string[] = [];
  return (text) => {
    const found: StreamEvent[] = [];
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const raw of lines) {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
      if (line === "") {
        if (data.length) found.push({ id, event: event || "message", data: data.join("\n") });
        event = "";
        data = [];
        continue;
      }
      const [, name, value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      if (name === "id") id = value;
      else if (name === "event") event = value;
      else if (name === "data") data.push(value);
    }
    return found;
  };
}

interface Options {
  url: string;
  lastId: string;
  signal: AbortSignal;
  /** Anything at all has arrived, a heartbeat for example. */
  onBeat: () => void;
  onEvent: (event: StreamEvent) => void;
}

/**
 * Reads a stream until it ends; throws if it breaks or is refused. EventSource
 * would hide the heartbeats, and with them that a connection is dead.
 */
export async function readStream({ url, lastId, signal, onBeat, onEvent }: Options) {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (lastId) headers["Last-Event-ID"] = lastId;
  const response = await fetch(url, { headers, signal, cache: "no-store" });
  if (!response.ok || !response.body) throw new StreamRefused(response.status);
  const parse = eventParser();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onBeat();
    for (const event of parse(value)) onEvent(event);
  }
}

export class StreamRefused extends Error {
  constructor(readonly status: number) {
    super(`the stream was refused with ${status}`);
  }
}
