<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** How a machine is built. */
final class Model
{
    /**
     * @param list<string> $cabinetNames
     */
    public function __construct(
        public readonly int $id,
        public readonly array $cabinetNames,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->int('id'),
            $fields->texts('cabinet_names'),
        );
    }
}
