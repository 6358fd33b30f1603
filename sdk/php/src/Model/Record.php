<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** A line of an order. */
final class Record
{
    /**
     * @param int $id the record id of a delivery
     * @param string $price total of the line
     * @param string $status a name such as WAITING_PICKED_UP (openapi.md §6.3); in the answer to a consumption a Chinese text
     * @param string $notifySent "1" once the newest result was acknowledged
     */
    public function __construct(
        public readonly int $id,
        public readonly int $productId,
        public readonly int $quantity,
        public readonly string $price,
        public readonly string $status,
        public readonly string $notifySent,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->id('id'),
            $fields->int('product_id'),
            $fields->int('quantity'),
            $fields->text('price'),
            $fields->text('status'),
            $fields->text('notify_sent'),
        );
    }
}
