<?php

declare(strict_types=1);

namespace Vendlane\Model;

use Vendlane\Fields;

/** A machine in detail (openapi.md §7.3). */
final class Machine
{
    /**
     * @param string $lngLat longitude,latitude
     * @param int $machineType 1 vending, 2 amusement, 3 claw, 4 lending, 5 return, 6 locker (openapi.md §4.2)
     * @param list<CategoryName> $categories
     */
    public function __construct(
        public readonly string $machineName,
        public readonly string $address,
        public readonly string $lngLat,
        public readonly bool $isOnline,
        public readonly ?Model $model,
        public readonly int $machineType,
        public readonly string $coverImage,
        public readonly array $categories,
        public readonly ?Announcement $announcement,
        public readonly ?Merchant $merchant,
        public readonly ?Currency $currency,
    ) {
    }

    /** @internal */
    public static function from(Fields $fields): self
    {
        return new self(
            $fields->text('machine_name'),
            $fields->text('address'),
            $fields->text('lng_lat'),
            $fields->bool('is_online'),
            $fields->object('model', Model::from(...)),
            $fields->int('machine_type'),
            $fields->text('cover_image'),
            $fields->objects('categories', CategoryName::from(...)),
            $fields->object('announcement', Announcement::from(...)),
            $fields->object('merchant', Merchant::from(...)),
            $fields->object('currency', Currency::from(...)),
        );
    }
}
