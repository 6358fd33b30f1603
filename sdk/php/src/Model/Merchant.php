<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** The merchant as customers see it. */
final class Merchant
{
    public function __construct(
        public readonly string $title,
        public readonly string $description,
        public readonly string $logo,
        public readonly string $storeId,
        public readonly string $status,
        public readonly string $createdAt,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->text('title'),
            $fields->text('description'),
            $fields->text('logo'),
            $fields->text('store_id'),
            $fields->text('status'),
            $fields->text('created_at'),
        );
    }
}
