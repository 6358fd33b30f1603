<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** A channel in the form of old clients (openapi.md §7.5). */
final class Floor
{
    public function __construct(
        public readonly string $status,
        public readonly string $floorStatus,
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
            $fields->text('status'),
            $fields->text('floor_status'),
            Good::from($fields->part('good')),
            Channel::from($fields->part('channel')),
            $fields->int('current_inventory'),
            $fields->int('inventory'),
        );
    }
}
