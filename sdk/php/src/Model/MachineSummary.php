<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** One of the merchant's machines (openapi.md §7.2). */
final class MachineSummary
{
    /**
     * @param bool $inOperation true if it is in operation
     * @param string $notifyMessage the last notice of the system about the machine
     * @param string $lngLat longitude,latitude
     */
    public function __construct(
        public readonly string $machineName,
        public readonly string $machineNo,
        public readonly bool $isOnline,
        public readonly bool $inOperation,
        public readonly string $address,
        public readonly string $notifyMessage,
        public readonly string $lngLat,
        public readonly string $createdAt,
        public readonly string $contact,
        public readonly string $tel,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->text('machine_name'),
            $fields->text('machine_no'),
            $fields->bool('is_online'),
            $fields->bool('status'),
            $fields->text('address'),
            $fields->text('notify_message'),
            $fields->text('lng_lat'),
            $fields->text('created_at'),
            $fields->text('contact'),
            $fields->text('tel'),
        );
    }
}
