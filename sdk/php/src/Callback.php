<?php

declare(strict_types=1);

namespace Vendlane;

use Vendlane\Exception\MalformedException;
use Vendlane\Signature\Payload;

/** A verified callback (consume.md §9.2). */
final class Callback
{
    /**
     * @param ?string $id the same on every attempt: do the work once per id. Null without webhook secrets:
     *                    then it is not signed
     * @param bool $success true if the goods dropped
     * @param ?string $deliveryId null in the message of an order that expired unpaid
     * @param string $errorMsg "" after a success (errors.md §3.3)
     * @param ?string $floorStatus state of the channel, if the machine told it (errors.md §3.1)
     * @param int $timestamp Unix seconds of the event
     * @param Payload $payload everything that was received
     */
    public function __construct(
        public readonly ?string $id,
        public readonly bool $success,
        public readonly ?string $deliveryId,
        public readonly int $orderId,
        public readonly int $recordId,
        public readonly string $tradeId,
        public readonly string $machineNo,
        public readonly string $errorMsg,
        public readonly ?string $floorStatus,
        public readonly int $timestamp,
        public readonly Payload $payload,
    ) {
    }

    /**
     * @internal
     * @throws MalformedException
     */
    public static function from(?string $id, Payload $payload): self
    {
        $optional = static function (string $name) use ($payload): ?string {
            $value = $payload->members()[$name] ?? null;
            return in_array($value?->kind, ['string', 'number'], true) ? $value->text : null;
        };
        $text = static fn (string $name): string => $optional($name) ?? self::fail($name);
        $int = static fn (string $name): int => preg_match('/\A[0-9]{1,18}\z/', $text($name)) === 1 && (int) $text($name) > 0
            ? (int) $text($name)
            : self::fail($name);
        if ($text('method') !== 'device.delivery.response') {
            self::fail('method');
        }
        if (!$payload->withinWindow(0, 0)) {
            self::fail('timestamp');
        }
        return new self(
            $id,
            match ($text('deliver_status')) {
                '1' => true,
                '0' => false,
                default => self::fail('deliver_status'),
            },
            $optional('delivery_id'),
            $int('order_id'),
            $int('record_id'),
            $text('trade_id'),
            $text('machine_no'),
            $text('error_msg'),
            $optional('floor_status'),
            $int('timestamp'),
            $payload,
        );
    }

    private static function fail(string $name): never
    {
        throw new MalformedException("a callback without a usable $name");
    }
}
