export { CallbackVerifier, type Callback, type CallbackHeaders, type CallbackOptions } from "./callback.js";
export { Client } from "./client.js";
export { ErrorCode } from "./codes.js";
export {
  ApiError,
  CallbackRejectedError,
  type ErrorData,
  MalformedError,
  NoAnswerError,
  VendlaneError,
} from "./errors.js";
export type { Form } from "./signature/canonical.js";
export type { JsonObject, JsonValue } from "./signature/json.js";
export { envelope, type Members, Payload, seal } from "./signature/payload.js";
export type { CallOptions, ClientOptions } from "./transport.js";
export * from "./types.js";
