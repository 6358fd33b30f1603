<?php
/*
 * Redeems a pickup code and has the machine drop the goods, with nothing but plain PHP:
 * the request is written to a socket by hand and signed with raw values, as many clients
 * in the field do.
 *
 * VENDLANE_URL=http://127.0.0.1:8080 APPID=… APPSECRET=… APPKEY=… \
 *     php consume.php MACHINE_NO PRODUCT_ID CODE NOTIFY_URL
 */

if ($argc !== 5) {
    fail('usage: php consume.php MACHINE_NO PRODUCT_ID CODE NOTIFY_URL');
}
[, $machine, $product, $code, $notifyUrl] = $argv;

$order = post('/consumes', [
    'machine_no' => $machine,
    'method' => 'event.consume.pickup_code',
    'code' => $code,
    'product_id' => $product,
    'notify_url' => $notifyUrl,
    'trade_id' => bin2hex(random_bytes(16)), // a real shop stores it first
]);
post('/deliveries', [
    'machine_no' => $machine,
    'method' => 'device.delivery.put',
    'order_id' => (string) $order['order_id'],
    'record_id' => (string) $order['records'][0]['id'],
]);
post('/orders/' . $order['order_id'], ['machine_no' => $machine]);

/** Sends one call, prints its answer and returns its data. */
function post(string $path, array $params)
{
    $params['timestamp'] = (string) time();
    $params['sign'] = sign($params, getenv('APPKEY'));

    // Nothing here holds a quotation mark or a backslash, so the JSON can be written by hand.
    $members = [];
    foreach ($params as $name => $value) {
        $members[] = '"' . $name . '":"' . $value . '"';
    }
    $body = '{"payload":"' . base64_encode('{' . implode(',', $members) . '}') . '"}';

    $url = parse_url(getenv('VENDLANE_URL'));
    $secure = $url['scheme'] === 'https';
    $port = $url['port'] ?? ($secure ? 443 : 80);
    $socket = stream_socket_client(($secure ? 'tls://' : 'tcp://') . $url['host'] . ':' . $port, $errno, $error, 10);
    if ($socket === false) {
        fail($error);
    }
    fwrite($socket, "POST /api/openapi/v1$path HTTP/1.0\r\n"
        . 'Host: ' . $url['host'] . ':' . $port . "\r\n"
        . 'Appid: ' . getenv('APPID') . "\r\n"
        . 'AppSecret: ' . getenv('APPSECRET') . "\r\n"
        . 'Content-Length: ' . strlen($body) . "\r\n\r\n" . $body);
    $text = explode("\r\n\r\n", stream_get_contents($socket), 2)[1] ?? '';
    fclose($socket);
    echo $path, ' ', trim($text), "\n";

    $answer = json_decode($text, true);
    if (!is_array($answer) || $answer['code'] !== 0) {
        fail("$path was refused");
    }
    return $answer['data'];
}

/** Joins the parameters by name, appends the key and returns the MD5. */
function sign(array $params, string $key): string
{
    unset($params['sign']);
    ksort($params, SORT_STRING);
    $text = '';
    foreach ($params as $name => $value) {
        if ($value !== '' && $value !== 'NULL') {
            $text .= $name . '=' . $value . '&';
        }
    }
    return strtoupper(md5($text . 'key=' . $key));
}

function fail(string $message): void
{
    fwrite(STDERR, $message . "\n");
    exit(1);
}
