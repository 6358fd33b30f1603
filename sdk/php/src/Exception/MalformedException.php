<?php

declare(strict_types=1);

namespace Vendlane\Exception;

/** A payload, envelope or callback that cannot be read (signing.md §2.3). */
final class MalformedException extends \RuntimeException implements VendlaneException
{
}
