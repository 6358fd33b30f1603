<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** A channel filled with a good: what is sold (openapi.md §7.4). */
final class Product
{
    /**
     * @param int $id the product id of other calls
     * @param int $currentInventory pieces that can be sold
     * @param int $inventory capacity of the channel
     */
    public function __construct(
        public readonly int $id,
        public readonly ?CategoryName $category,
        public readonly Good $good,
        public readonly Channel $channel,
        public readonly int $currentInventory,
        public readonly int $inventory,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->id('id'),
            $fields->object('category', CategoryName::from(...)),
            Good::from($fields->part('good')),
            Channel::from($fields->part('channel')),
            $fields->int('current_inventory'),
            $fields->int('inventory'),
        );
    }
}
