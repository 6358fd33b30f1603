<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** An article. Prices are texts with two decimals. */
final class Good
{
    /**
     * @param string $content HTML
     * @param list<string> $media
     * @param int $id in floors only
     * @param string $updatedAt in floors only
     */
    public function __construct(
        public readonly string $name,
        public readonly string $description,
        public readonly string $thumb,
        public readonly string $price,
        public readonly string $originalPrice,
        public readonly string $content,
        public readonly string $goodNo,
        public readonly string $slug,
        public readonly array $media,
        public readonly int $id,
        public readonly string $updatedAt,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->text('name'),
            $fields->text('description'),
            $fields->text('thumb'),
            $fields->text('price'),
            $fields->text('original_price'),
            $fields->text('content'),
            $fields->text('good_no'),
            $fields->text('slug'),
            $fields->texts('media'),
            $fields->int('id'),
            $fields->text('updated_at'),
        );
    }
}
