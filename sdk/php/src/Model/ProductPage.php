<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** A page of products (openapi.md §7.4). */
final class ProductPage
{
    /**
     * @param list<Product> $products
     */
    public function __construct(
        public readonly array $products,
        public readonly int $total,
        public readonly int $currentPage,
        public readonly int $lastPage,
        public readonly int $perPage,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->objects('data', Product::from(...)),
            $fields->int('total'),
            $fields->int('current_page'),
            $fields->int('last_page'),
            $fields->int('per_page'),
        );
    }
}
