<?php

// Loads this package and Guzzle for the tests and the sample: as Composer installed them, or else Debian's Guzzle.

declare(strict_types=1);

if (is_file(__DIR__ . '/vendor/autoload.php')) {
    require __DIR__ . '/vendor/autoload.php';
    return;
}

require_once 'GuzzleHttp/autoload.php'; // found on the include path

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
