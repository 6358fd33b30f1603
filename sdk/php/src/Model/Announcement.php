<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** What a merchant announces at its machines. */
final class Announcement
{
    public function __construct(
        public readonly string $title,
        public readonly int $id,
        public readonly string $content,
        public readonly bool $isLink,
        public readonly string $linkUrl,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->text('title'),
            $fields->int('id'),
            $fields->text('content'),
            $fields->bool('is_link'),
            $fields->text('link_url'),
        );
    }
}
