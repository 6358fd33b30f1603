<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** One slot of a machine. */
final class Channel
{
    /**
     * @param int $addr board, 1 to 8
     * @param int $id in floors only
     */
    public function __construct(
        public readonly string $name,
        public readonly string $cabinetName,
        public readonly string $code,
        public readonly string $x,
        public readonly string $y,
        public readonly int $addr,
        public readonly int $id,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->text('name'),
            $fields->text('cabinet_name'),
            $fields->text('code'),
            $fields->text('x'),
            $fields->text('y'),
            $fields->int('addr'),
            $fields->int('id'),
        );
    }
}
