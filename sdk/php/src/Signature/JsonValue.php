<?php

declare(strict_types=1);

namespace Vendlane\Signature;

/** A JSON value. The text of a number is the one of the message, because it is signed as it was typed. */
final class JsonValue
{
    /**
     * @param 'string'|'number'|'boolean'|'null'|'array'|'object' $kind
     * @param string $text of a string, number or boolean
     * @param array<self> $items of an array, or the members of an object by name
     */
    public function __construct(
        public readonly string $kind,
        public readonly string $text = '',
        public readonly array $items = [],
    ) {
    }
}
