<?php

declare(strict_types=1);

namespace Vendlane\Exception;

/** What every exception of this package is, but for wrong arguments. */
interface VendlaneException extends \Throwable
{
}
