<?php

declare(strict_types=1);

namespace Vendlane;

/** What a merchant gets from the platform (signing.md §1). */
final class Credentials
{
    /** @param string $appKey signs payloads and callbacks */
    public function __construct(
        public readonly string $appId,
        #[\SensitiveParameter] public readonly string $appSecret,
        #[\SensitiveParameter] public readonly string $appKey,
    ) {
        if ($appId === '' || $appSecret === '' || $appKey === '') {
            throw new \InvalidArgumentException('AppId, AppSecret and AppKey are required');
        }
    }

    /** @return array<string, string> for var_dump: without the secrets */
    public function __debugInfo(): array
    {
        return ['appId' => $this->appId];
    }
}
