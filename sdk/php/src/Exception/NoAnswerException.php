<?php

declare(strict_types=1);

namespace Vendlane\Exception;

/**
 * No answer of the platform arrived: the connection broke, the time was over, or something else
 * answered. Whether the call took effect is not known.
 */
final class NoAnswerException extends \RuntimeException implements VendlaneException
{
    /** @param ?int $httpStatus of an answer that the platform did not write */
    public function __construct(string $message, public readonly ?int $httpStatus = null, ?\Throwable $previous = null)
    {
        parent::__construct($message, 0, $previous);
    }
}
