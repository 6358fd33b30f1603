// Package api holds the machine-readable contracts of the platform.
package api

import _ "embed"

// OpenAPI is openapi.yaml: the merchants' HTTP API in OpenAPI 3.1.
//
//go:embed openapi.yaml
var OpenAPI []byte

// AsyncAPI is asyncapi.yaml: the machine protocol over MQTT in AsyncAPI 3.0
// (mqtt.md).
//
//go:embed asyncapi.yaml
var AsyncAPI []byte

// Console is console.yaml: the API of the web console in OpenAPI 3.1.
//
//go:embed console.yaml
var Console []byte
