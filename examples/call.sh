#!/bin/sh
# Signs and sends one request of the merchant API, with nothing but openssl and curl:
#
#   sh examples/call.sh POST /orders/1060 machine_no=16327129
#
# Values must not be empty and not contain quotes, backslashes or line ends. Without the
# variables below it is the merchant of `vendlane demo`.
set -eu
url=${BASE_URL:-http://127.0.0.1:8080}
app_id=${APP_ID:-vm0123456789abcdef}
app_secret=${APP_SECRET:-0123456789abcdef0123456789abcdef}
app_key=${APP_KEY:-kva}

verb=$1
path=$2
shift 2

# The text to sign: the members sorted by name, joined with &, and the AppKey behind them.
members=$(printf '%s\n' "$@" "timestamp=$(date +%s)" | sed '/^$/d' | LC_ALL=C sort -t= -k1,1)
text="$(printf '%s' "$members" | tr '\n' '&')&key=$app_key"
sign=$(printf '%s' "$text" | openssl md5 -r | cut -c1-32)

# The payload: the members and the signature as a JSON object, in base64.
json=$(printf '%s\n' "$members" "sign=$sign" | sed 's/^\([^=]*\)=\(.*\)$/"\1":"\2"/' | tr '\n' ',' | sed 's/,$//')
payload=$(printf '{%s}' "$json" | openssl base64 -A)

curl -sS -X "$verb" "$url/api/openapi/v1$path" -H "Appid: $app_id" -H "AppSecret: $app_secret" -d "{\"payload\":\"$payload\"}"
