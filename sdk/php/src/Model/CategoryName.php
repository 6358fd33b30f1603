<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** A category where only its name counts. */
final class CategoryName
{
    public function __construct(
        public readonly int $id,
        public readonly string $title,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->int('id'),
            $fields->text('title'),
        );
    }
}
