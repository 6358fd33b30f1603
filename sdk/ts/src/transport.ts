import { ErrorCode } from "./codes.js";
import { ApiError, type ErrorData, NoAnswerError } from "./errors.js";
import { envelope } from "./signature/payload.js";

/** What a merchant gets from the platform (signing.md §1), and how to behave on the way. */
export interface ClientOptions {
  /** Where the platform is, without the path of the API: https://platform.example */
  readonly baseUrl: string;
  readonly appId: string;
  readonly appSecret: string;
  /** Signs payloads and callbacks. */
  readonly appKey: string;
  /** Time for one attempt in milliseconds; 15 000 if left out. */
  readonly timeoutMs?: number;
  /** Attempts of a call that may be repeated; 4 if left out, 1 switches repeats off. */
  readonly attempts?: number;
  /** The longest the client waits before an attempt, in milliseconds; 10 000 if left out. */
  readonly maxWaitMs?: number;
  readonly fetch?: typeof fetch;
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
  /** From 0 to 1, spreads the waits of many clients. */
  readonly random?: () => number;
  /** Waits; rejects with the signal's reason when it is aborted. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface CallOptions {
  /** Gives the call up. What it did until then is not known. */
  readonly signal?: AbortSignal;
}

/** The parameters of a call. Members that are undefined are left out. */
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Call {
  readonly verb: "POST" | "PUT";
  readonly path: string;
  /** Signed and wrapped; absent where the contract has no payload. */
  readonly payload?: Fields;
  /** Sent as it is (openapi.md §7.14), instead of a payload. */
  readonly body?: unknown;
  /** True if doing it twice has the effect of doing it once. */
  readonly repeatable: boolean;
}

/** Sends calls: headers, signature, the envelope of answers, and repeats that are safe. */
export class Transport {
  private readonly prefix: string;

  constructor(private readonly options: ClientOptions) {
    if (!/^https?:\/\/[^/?#]+(\/[^?#]*)?$/.test(options.baseUrl)) throw new TypeError("baseUrl is not of the form https://host");
    if (!options.appId || !options.appSecret || !options.appKey) throw new TypeError("appId, appSecret and appKey are required");
    this.prefix = `${options.baseUrl.replace(/\/+$/, "")}/api/openapi/v1`;
  }

  /** Returns the data of a success; throws ApiError, NoAnswerError, or the signal's reason. */
  async send<T>(call: Call, { signal }: CallOptions = {}): Promise<T> {
    let lostAnswer = false;
    for (let attempt = 1; ; attempt++) {
      try {
        return (await this.attempt(call, lostAnswer, signal)) as T;
      } catch (error) {
        signal?.throwIfAborted();
        const lost = isLost(error);
        const maxWait = this.options.maxWaitMs ?? 10_000;
        const wait = this.wait(attempt, error, maxWait);
        const again = (lost && call.repeatable) || (error instanceof ApiError && error.code === ErrorCode.TooManyRequests);
        if (!again || attempt >= (this.options.attempts ?? 4) || wait > maxWait) throw error;
        lostAnswer ||= lost;
        await (this.options.sleep ?? sleep)(wait, signal);
      }
    }
  }

  private async attempt(call: Call, lostAnswer: boolean, signal?: AbortSignal): Promise<unknown> {
    const body = this.body(call);
    const timeout = AbortSignal.timeout(this.options.timeoutMs ?? 15_000);
    let response: Response, text: string;
    try {
      response = await (this.options.fetch ?? fetch)(this.prefix + call.path, {
        method: call.verb,
        headers: {
          Appid: this.options.appId,
          AppSecret: this.options.appSecret,
          "Content-Type": "application/json",
        },
        body,
        redirect: "error", // the secret must not follow
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      text = await response.text();
    } catch (cause) {
      throw new NoAnswerError(timeout.aborted ? "no answer in time" : "no answer", undefined, { cause });
    }
    const answer = readAnswer(text, response.status);
    if (answer.code === 0) return answer.data;
    const requestId = response.headers.get("X-Request-Id") ?? undefined;
    throw new ApiError(answer.code, answer.message, response.status, (answer.data ?? {}) as ErrorData, requestId, lostAnswer);
  }

  private body(call: Call): string | null {
    if (call.body !== undefined) return JSON.stringify(call.body);
    if (call.payload === undefined) return null;
    const members: Record<string, string> = { timestamp: String(Math.floor((this.options.now ?? Date.now)() / 1000)) };
    for (const [name, value] of Object.entries(call.payload)) {
      if (value !== undefined) members[name] = typeof value === "boolean" ? (value ? "1" : "0") : String(value);
    }
    return envelope(members, this.options.appKey);
  }

  /** How long to wait after an attempt: what the platform asks for, else 0.5 s, 1 s, 2 s … up to max, with jitter. */
  private wait(attempt: number, error: unknown, max: number): number {
    const asked = error instanceof ApiError && error.code === ErrorCode.TooManyRequests ? error.data.retry_after : undefined;
    if (asked !== undefined) return asked * 1000;
    return Math.min(500 * 2 ** (attempt - 1) * (1 + (this.options.random ?? Math.random)() / 2), max);
  }
}

/** Tells whether another attempt may get an answer. A page that refuses, written by something in between, would come again. */
function isLost(error: unknown): boolean {
  if (!(error instanceof NoAnswerError || error instanceof ApiError)) return false;
  const { httpStatus } = error;
  return httpStatus === undefined || httpStatus >= 500 || (error instanceof NoAnswerError && httpStatus < 300);
}

interface Answer {
  code: number;
  message: string;
  data: unknown;
}

/** Reads the envelope of openapi.md §1.2. Anything else was not written by the platform. */
function readAnswer(text: string, httpStatus: number): Answer {
  let answer: Partial<Answer> | null = null;
  try {
    answer = JSON.parse(text) as Partial<Answer> | null;
  } catch {
    // Some proxy's page, or half an answer: falls through.
  }
  if (typeof answer?.code !== "number" || typeof answer.message !== "string" || answer.data === undefined) {
    throw new NoAnswerError(`HTTP ${httpStatus} without an answer of the platform`, httpStatus);
  }
  return answer as Answer;
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
