<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** A picture of the carousel (openapi.md §7.7). */
final class Banner
{
    public function __construct(
        public readonly int $id,
        public readonly string $status,
        public readonly bool $isVisible,
        public readonly string $coverImage,
        public readonly int $sortId,
        public readonly int $hitCount,
        public readonly int $viewsCount,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->int('id'),
            $fields->text('status'),
            $fields->bool('is_visible'),
            $fields->text('cover_image'),
            $fields->int('sort_id'),
            $fields->int('hit_count'),
            $fields->int('views_count'),
        );
    }
}
