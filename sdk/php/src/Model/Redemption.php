<?php

declare(strict_types=1);

namespace Vendlane\Model;

/** The order of a redeemed code. */
final class Redemption
{
    /**
     * @param bool $replayed true if the code had been redeemed before under the same trade id, by a lost attempt
     *                       or an earlier call. The statuses of the records are then those of a query, and
     *                       dispensing may have begun
     */
    public function __construct(public readonly Order $order, public readonly bool $replayed)
    {
    }
}
