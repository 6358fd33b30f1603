<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** A pickup code (openapi.md §7.12). */
final class PickupCode
{
    /**
     * @param int $id names the code when it is cancelled; not what a customer types
     * @param string $expiredAt "" = valid for ever
     */
    public function __construct(
        public readonly int $id,
        public readonly string $code,
        public readonly string $status,
        public readonly string $createdAt,
        public readonly string $expiredAt,
        public readonly int $quantity,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->id('id'),
            $fields->text('code'),
            $fields->text('status'),
            $fields->text('created_at'),
            $fields->text('expired_at'),
            $fields->int('quantity'),
        );
    }
}
