const prefix = "/api/console/v1";

/** A refusal of the server. The page translates its code. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly requestId: string,
    readonly detail: string,
    /** What the refusal says of the request, as {field, reason}. */
    readonly data: Record<string, unknown> = {},
  ) {
    super(code);
  }
}

let csrf = "";

/** Remembers the token that every request that changes something must carry. */
export function setCsrf(token: string) {
  csrf = token;
}

export type Params = Record<string, string | number | undefined>;

/** The address of an endpoint; parameters that are empty are left out. */
export function address(path: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  return prefix + path + (query.size ? `?${query}` : "");
}

async function send(method: string, url: string, body: unknown, accept: string, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: accept };
  if (method !== "GET") headers["X-CSRF"] = csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal });
  if (response.ok) return response;
  const answer = (await response.json().catch(() => ({}))) as { error?: { code?: string; request_id?: string; message_en?: string; data?: Record<string, unknown> } };
  const { code = "internal", request_id = "", message_en = "", data } = answer.error ?? {};
  throw new ApiError(response.status, code, request_id, message_en, data);
}

async function call<T>(method: string, path: string, body?: unknown, params?: Params, signal?: AbortSignal): Promise<T> {
  const response = await send(method, address(path, params), body, "application/json", signal);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export const api = {
  get: <T>(path: string, params?: Params, signal?: AbortSignal) => call<T>("GET", path, undefined, params, signal),
  post: <T>(path: string, body?: unknown) => call<T>("POST", path, body),
  put: <T>(path: string, body?: unknown) => call<T>("PUT", path, body),
  delete: <T>(path: string) => call<T>("DELETE", path),
};

export type FileKind = "text/csv" | "application/json" | "application/pdf";

/** Saves an answer of the server as a file. */
export async function download(path: string, params: Params, kind: FileKind, name: string) {
  const response = await send("GET", address(path, params), undefined, kind);
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
