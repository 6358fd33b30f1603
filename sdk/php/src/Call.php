<?php

declare(strict_types=1);

namespace Vendlane;

/**
 * One call of the API.
 *
 * @internal
 */
final class Call
{
    /**
     * @param 'POST'|'PUT' $verb
     * @param bool $repeatable true if doing it twice has the effect of doing it once
     * @param ?array<string, string|int|bool|null> $payload signed and wrapped; null where the contract has
     *                                                     none. Members that are null are left out
     * @param ?array<string, mixed> $body sent as it is (openapi.md §7.14), instead of a payload
     */
    public function __construct(
        public readonly string $verb,
        public readonly string $path,
        public readonly bool $repeatable,
        public readonly ?array $payload = null,
        public readonly ?array $body = null,
    ) {
    }
}
