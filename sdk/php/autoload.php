<?php

// Loads this package and Guzzle without Composer: for the tests, and for a machine with Debian's packages.

declare(strict_types=1);

require_once 'GuzzleHttp/autoload.php'; // Debian's php-guzzlehttp-guzzle, found on the include path

spl_autoload_register(static function (string $class): void {
    foreach (['Vendlane\\Tests\\' => 'tests/', 'Vendlane\\' => 'src/'] as $prefix => $folder) {
        if (str_starts_with($class, $prefix)) {
            $file = __DIR__ . '/' . $folder . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
            if (is_file($file)) {
                require $file;
            }
            return;
        }
    }
});
