<?php

declare(strict_types=1);

namespace Vendlane;

/** What a merchant can set an order to (openapi.md §7.16). */
enum OrderStatus: int
{
    case Paid = 1;
    case Refund = 2;
    case Closed = 3;
    case Revoked = 4;
    case UserPaying = 5;
    case PayError = 6;
}
