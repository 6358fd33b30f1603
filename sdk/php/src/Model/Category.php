<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** A category (openapi.md §7.6). */
final class Category
{
    public function __construct(
        public readonly int $id,
        public readonly string $title,
        public readonly int $sortId,
        public readonly bool $isVisible,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->int('id'),
            $fields->text('title'),
            $fields->int('sort_id'),
            $fields->bool('is_visible'),
        );
    }
}
