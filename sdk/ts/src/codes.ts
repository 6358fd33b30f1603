/** What the platform can refuse with (errors.md §2). Decide by code, never by message. */
export const ErrorCode = {
  /** Bad Request. */
  BadRequest: 400,
  /** Not Found. */
  NotFound: 404,
  /** Too Many Requests. */
  TooManyRequests: 429,
  /** Internal Server Error. */
  Internal: 500,
  /** Form validation failed. */
  Form: 10001,
  /** appid or appsecret is empty. */
  NoCredentials: 10008,
  /** Merchant expired, renew first. */
  MerchantExpired: 10009,
  /** Merchant not verified yet. */
  MerchantUnverified: 10010,
  /** app secret is invalid. */
  AppSecret: 10013,
  /** appid is invalid. */
  AppID: 10014,
  /** Invalid signature. */
  Signature: 10015,
  /** Timestamp out of window. */
  Timestamp: 10016,
  /** Method not supported. */
  Method: 10017,
  /** Pickup codes are not enabled. */
  PickupCodesDisabled: 10023,
  /** Pickup code does not exist. */
  PickupCodeUnknown: 10024,
  /** Pickup code already used. */
  PickupCodeUsed: 10025,
  /** Pickup code expired. */
  PickupCodeExpired: 10026,
  /** Pickup code cancelled. */
  PickupCodeCancelled: 10027,
  /** Pickup code is for another product. */
  PickupCodeProduct: 10028,
  /** Too many wrong codes, locked. */
  TooManyWrongCodes: 10029,
  /** Invalid code_length. */
  InvalidCodeLength: 10031,
  /** Invalid expired_at. */
  InvalidExpiredAt: 10032,
  /** Invalid count. */
  InvalidCount: 10033,
  /** No machine is bound. */
  NoMachine: 30001,
  /** Machine is offline. */
  MachineOffline: 30002,
  /** Machine does not exist. */
  MachineUnknown: 30003,
  /** Machine is not in operation. */
  MachineNotOperating: 30004,
  /** Machine is dispensing. */
  MachineDispensing: 30005,
  /** Machine is being transferred. */
  MachineInTransfer: 30006,
  /** Invalid trade_id. */
  InvalidTradeID: 40001,
  /** trade_id already exists. */
  TradeIDExists: 40002,
  /** Order expired. */
  OrderExpired: 40005,
  /** Invalid order status. */
  InvalidOrderStatus: 40006,
  /** Order is not paid. */
  OrderUnpaid: 40007,
  /** Already delivered. */
  AlreadyDelivered: 40008,
  /** Order closed. */
  OrderClosed: 40009,
  /** Product does not exist. */
  ProductUnknown: 60001,
  /** Product is off sale. */
  ProductOffSale: 60002,
  /** Insufficient stock. */
  InsufficientStock: 60003,
  /** Exceeds the channel's capacity. */
  ExceedsCapacity: 60004,
  /** Channel does not exist. */
  ChannelUnknown: 60005,
  /** Channel fault. */
  ChannelFault: 60006,
  /** Record not found. */
  RecordUnknown: 80002,
} as const;

export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];
