<?php

declare(strict_types=1);

namespace Vendlane\Exception;

/** A callback that was not sent by the platform, or is too old to tell. Answer 401 and do nothing. */
final class CallbackRejectedException extends \RuntimeException implements VendlaneException
{
}
