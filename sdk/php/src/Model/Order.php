<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** An order (openapi.md §7.13 and §7.15). */
final class Order
{
    /**
     * @param string $amount with two decimals
     * @param string $status NOTPAY, SUCCESS, REFUND, CLOSED, REVOKED, USERPAYING, PAYERROR, PICKUPCODE, TESTPAY (openapi.md §6.2)
     * @param int $notifySendCount callbacks that were acknowledged
     * @param list<Record> $records
     * @param int $pickupCodeId 0 unless a code was redeemed
     */
    public function __construct(
        public readonly int $orderId,
        public readonly string $tradeId,
        public readonly string $date,
        public readonly string $amount,
        public readonly string $status,
        public readonly int $notifySendCount,
        public readonly array $records,
        public readonly int $pickupCodeId,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->id('order_id'),
            $fields->text('trade_id'),
            $fields->text('date'),
            $fields->text('amount'),
            $fields->text('status'),
            $fields->int('notify_send_count'),
            $fields->objects('records', Record::from(...)),
            $fields->int('pickup_code_id'),
        );
    }
}
