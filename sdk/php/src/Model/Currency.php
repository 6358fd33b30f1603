<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** A currency (openapi.md §4.2). */
final class Currency
{
    public function __construct(
        public readonly int $id,
        public readonly string $name,
        public readonly string $code,
        public readonly string $symbol,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->int('id'),
            $fields->text('name'),
            $fields->text('code'),
            $fields->text('symbol'),
        );
    }
}
