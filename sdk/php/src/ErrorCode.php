<?php

declare(strict_types=1);

namespace Vendlane;

/** What the platform can refuse with (errors.md §2). Decide by code, never by message. */
final class ErrorCode
{
    /** Bad Request. */
    public const BAD_REQUEST = 400;
    /** Not Found. */
    public const NOT_FOUND = 404;
    /** Too Many Requests. */
    public const TOO_MANY_REQUESTS = 429;
    /** Internal Server Error. */
    public const INTERNAL = 500;
    /** Form validation failed. */
    public const FORM = 10001;
    /** appid or appsecret is empty. */
    public const NO_CREDENTIALS = 10008;
    /** Merchant expired, renew first. */
    public const MERCHANT_EXPIRED = 10009;
    /** Merchant not verified yet. */
    public const MERCHANT_UNVERIFIED = 10010;
    /** app secret is invalid. */
    public const APP_SECRET = 10013;
    /** appid is invalid. */
    public const APP_ID = 10014;
    /** Invalid signature. */
    public const SIGNATURE = 10015;
    /** Timestamp out of window. */
    public const TIMESTAMP = 10016;
    /** Method not supported. */
    public const METHOD = 10017;
    /** Pickup codes are not enabled. */
    public const PICKUP_CODES_DISABLED = 10023;
    /** Pickup code does not exist. */
    public const PICKUP_CODE_UNKNOWN = 10024;
    /** Pickup code already used. */
    public const PICKUP_CODE_USED = 10025;
    /** Pickup code expired. */
    public const PICKUP_CODE_EXPIRED = 10026;
    /** Pickup code cancelled. */
    public const PICKUP_CODE_CANCELLED = 10027;
    /** Pickup code is for another product. */
    public const PICKUP_CODE_PRODUCT = 10028;
    /** Too many wrong codes, locked. */
    public const TOO_MANY_WRONG_CODES = 10029;
    /** Invalid code_length. */
    public const INVALID_CODE_LENGTH = 10031;
    /** Invalid expired_at. */
    public const INVALID_EXPIRED_AT = 10032;
    /** Invalid count. */
    public const INVALID_COUNT = 10033;
    /** No machine is bound. */
    public const NO_MACHINE = 30001;
    /** Machine is offline. */
    public const MACHINE_OFFLINE = 30002;
    /** Machine does not exist. */
    public const MACHINE_UNKNOWN = 30003;
    /** Machine is not in operation. */
    public const MACHINE_NOT_OPERATING = 30004;
    /** Machine is dispensing. */
    public const MACHINE_DISPENSING = 30005;
    /** Machine is being transferred. */
    public const MACHINE_IN_TRANSFER = 30006;
    /** Invalid trade_id. */
    public const INVALID_TRADE_ID = 40001;
    /** trade_id already exists. */
    public const TRADE_ID_EXISTS = 40002;
    /** Order expired. */
    public const ORDER_EXPIRED = 40005;
    /** Invalid order status. */
    public const INVALID_ORDER_STATUS = 40006;
    /** Order is not paid. */
    public const ORDER_UNPAID = 40007;
    /** Already delivered. */
    public const ALREADY_DELIVERED = 40008;
    /** Order closed. */
    public const ORDER_CLOSED = 40009;
    /** Product does not exist. */
    public const PRODUCT_UNKNOWN = 60001;
    /** Product is off sale. */
    public const PRODUCT_OFF_SALE = 60002;
    /** Insufficient stock. */
    public const INSUFFICIENT_STOCK = 60003;
    /** Exceeds the channel's capacity. */
    public const EXCEEDS_CAPACITY = 60004;
    /** Channel does not exist. */
    public const CHANNEL_UNKNOWN = 60005;
    /** Channel fault. */
    public const CHANNEL_FAULT = 60006;
    /** Record not found. */
    public const RECORD_UNKNOWN = 80002;
}
