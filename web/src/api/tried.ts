/** One thing that a merchant can call; payload is signed, bare or none. */
export interface ApiOperation {
  id: string;
  group: string;
  summary: string;
  title: string;
  verb: string;
  path: string;
  parameters: string[];
  payload: string;
  /** JSON text, without timestamp and sign. */
  example: string;
}

/** A call as it was sent and answered. */
export interface TriedCall {
  verb: string;
  target: string;
  appid: string;
  payload: string;
  body: string;
  status: number;
  request_id: string;
  answer: unknown;
  /** Microseconds. */
  duration: number;
}
