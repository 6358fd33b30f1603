/** What every error of this package is. */
export abstract class VendlaneError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** The data of a refusal (errors.md §2), as far as a program decides by it. Others may be there. */
export interface ErrorData {
  /** 10025, 40002, 40005: the order that is there. */
  readonly order_id?: number;
  readonly trade_id?: string;
  /** 30005, 40008: the delivery that is there, and its state. */
  readonly delivery_id?: string;
  readonly state?: string;
  /** 40005, 40006: the order's status. */
  readonly status?: string;
  /** 10001: which field, and why. */
  readonly field?: string;
  readonly reason?: string;
  /** 429, 10029, 30005: whole seconds. */
  readonly retry_after?: number;
  /** 10016: Unix seconds of the platform's clock. */
  readonly server_time?: number;
  /** 60001 to 60004. */
  readonly product_id?: number;
  /** 10033, 60004: the largest number that would do. */
  readonly max?: number;
  readonly [name: string]: unknown;
}

/** The platform refused a call. `code` is one of ErrorCode; newer platforms may send others. */
export class ApiError extends VendlaneError {
  constructor(
    readonly code: number,
    message: string,
    readonly httpStatus: number,
    readonly data: ErrorData,
    /** Names the call in the platform's log. */
    readonly requestId: string | undefined,
    /**
     * True if an earlier attempt of the same call stayed without an answer. The refusal may then be
     * about what that attempt did.
     */
    readonly afterLostAnswer: boolean,
  ) {
    super(`${code} ${message}`);
  }
}

/**
 * No answer of the platform arrived: the connection broke, the time was over, or something else
 * answered (`httpStatus`). Whether the call took effect is not known.
 */
export class NoAnswerError extends VendlaneError {
  constructor(
    message: string,
    readonly httpStatus?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A payload, envelope or callback that cannot be read (signing.md §2.3). */
export class MalformedError extends VendlaneError {}

/** A callback that was not sent by the platform, or is too old to tell. Answer 401 and do nothing. */
export class CallbackRejectedError extends VendlaneError {}
