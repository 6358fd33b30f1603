<?php

declare(strict_types=1);

namespace Vendlane\Exception;

/**
 * The platform refused a call. getCode() is one of ErrorCode; newer platforms may send others.
 */
final class ApiException extends \RuntimeException implements VendlaneException
{
    /**
     * @param array<string, mixed> $data what errors.md §2 promises with the code
     * @param ?string $requestId names the call in the platform's log
     * @param bool $afterLostAnswer true if an earlier attempt of the same call stayed without an answer;
     *                              the refusal may then be about what that attempt did
     */
    public function __construct(
        int $code,
        string $message,
        public readonly int $httpStatus,
        public readonly array $data,
        public readonly ?string $requestId,
        public readonly bool $afterLostAnswer,
    ) {
        parent::__construct($message, $code);
    }

    /** The order the refusal names: 10025, 40002, 40005. */
    public function orderId(): ?int
    {
        return self::int($this->data['order_id'] ?? null);
    }

    /** The delivery the refusal names: 30005, 40008. */
    public function deliveryId(): ?string
    {
        $id = $this->data['delivery_id'] ?? null;
        return is_string($id) ? $id : null;
    }

    /** Seconds to wait before another try: 429, 10029, 30005. */
    public function retryAfter(): ?int
    {
        return self::int($this->data['retry_after'] ?? null);
    }

    private static function int(mixed $value): ?int
    {
        return is_int($value) ? $value : null;
    }
}
