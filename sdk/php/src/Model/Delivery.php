<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** A delivery (openapi.md §7.17 and §7.18). */
final class Delivery
{
    /**
     * @param string $deliveryId 16 digits
     * @param string $status a Chinese text; programs read the state
     * @param string $state PENDING, SENT, SUCCESS, FAILED, TIMEOUT, PICKED_UP, CANCELLED (openapi.md §6.4)
     */
    public function __construct(
        public readonly string $deliveryId,
        public readonly string $deliveredAt,
        public readonly string $status,
        public readonly string $state,
        public readonly string $pickupAt,
        public readonly string $finishedAt,
        public readonly string $failReason,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->text('delivery_id'),
            $fields->text('delivered_at'),
            $fields->text('status'),
            $fields->text('state'),
            $fields->text('pickup_at'),
            $fields->text('finished_at'),
            $fields->text('fail_reason'),
        );
    }
}
