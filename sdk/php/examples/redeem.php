<?php

// Makes a pickup code, redeems it, has the machine drop the goods, and verifies the callback.
//
//   PLATFORM_URL=… APPID=… APP_SECRET=… APP_KEY=… WEBHOOK_SECRET=… MACHINE_NO=… PRODUCT_ID=… php redeem.php
//
// The callback comes to this computer: the platform must be on it too and have callback.allow_private set.

declare(strict_types=1);

use GuzzleHttp\Psr7\HttpFactory;
use GuzzleHttp\Psr7\Message;
use Psr\Http\Message\RequestInterface;
use Vendlane\CallbackVerifier;
use Vendlane\Client;
use Vendlane\Credentials;

require __DIR__ . '/../autoload.php'; // in your own program: vendor/autoload.php

$machineNo = (string) getenv('MACHINE_NO');
$productId = (int) getenv('PRODUCT_ID');
$factory = new HttpFactory();
$client = new Client(
    (string) getenv('PLATFORM_URL'),
    new Credentials((string) getenv('APPID'), (string) getenv('APP_SECRET'), (string) getenv('APP_KEY')),
    new GuzzleHttp\Client(['timeout' => 15]),
    $factory,
    $factory,
);
$verifier = new CallbackVerifier([(string) getenv('WEBHOOK_SECRET')], [(string) getenv('APP_KEY')]);

// A shop has a web server for its notify_url; here a socket will do.
$server = stream_socket_server('tcp://127.0.0.1:0') ?: throw new RuntimeException('no free port');
$notifyUrl = 'http://' . stream_socket_get_name($server, false) . '/notify';

$client->issueCodes($machineNo, $productId);
$codes = $client->codes($machineNo, $productId);
$code = end($codes)->code;
echo "code $code\n";

// In a shop the trade id is stored before the call, so that the same call can be made again after a crash.
$tradeId = bin2hex(random_bytes(16));
$order = $client->consume($machineNo, $code, $productId, $notifyUrl, $tradeId)->order;
$again = $client->consume($machineNo, $code, $productId, $notifyUrl, $tradeId)->order;
echo "order $order->orderId $order->status, asked again: order $again->orderId\n";

$delivery = $client->deliver($machineNo, $order->orderId, $order->records[0]->id);
echo "delivery $delivery->deliveryId\n";

// Answer soon, work later.
$connection = stream_socket_accept($server, 60) ?: throw new RuntimeException('no callback in time');
$callback = $verifier->verify(readRequest($connection));
fwrite($connection, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
fclose($connection);
echo "callback $callback->id for delivery $callback->deliveryId: " . ($callback->success ? 'dropped' : $callback->errorMsg) . "\n";

$state = $client->delivery($machineNo, $delivery->deliveryId)->state;
echo "state $state\n";

/** @param resource $connection */
function readRequest($connection): RequestInterface
{
    $text = (string) stream_get_line($connection, 16 * 1024, "\r\n\r\n");
    $request = Message::parseRequest($text . "\r\n\r\n");
    $length = min((int) $request->getHeaderLine('Content-Length'), 64 * 1024);
    return $request->withBody((new HttpFactory())->createStream((string) stream_get_contents($connection, $length)));
}
