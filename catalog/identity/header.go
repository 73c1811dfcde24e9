package identity

import "strings"

// headerRoles are the headers whose name says what they are for. What is listed as roleNone is known to carry no
// credential, whatever its value looks like: ids of requests and devices, tracing, caching, content negotiation.
var headerRoles = map[string]role{
	"authorization": roleAuthorization, "x-authorization": roleAuthorization, "x-forwarded-authorization": roleAuthorization, "x-original-authorization": roleAuthorization,
	"cookie":           roleCookie,
	"x-auth-token":     roleToken,
	"x-access-token":   roleToken,
	"x-session-token":  roleToken,
	"x-user-token":     roleToken,
	"x-id-token":       roleToken,
	"x-token":          roleToken,
	"x-jwt-assertion":  roleToken,
	"x-amzn-oidc-data": roleToken, "x-goog-iap-jwt-assertion": roleToken, "cf-access-jwt-assertion": roleToken, "x-ms-token-aad-access-token": roleToken,
	"access-token": roleToken, "auth-token": roleToken, "token": roleToken, "jwt": roleToken, "session-token": roleToken,
	"x-api-key": roleKey, "api-key": roleKey, "apikey": roleKey, "x-apikey": roleKey, "api_key": roleKey, "x-api-token": roleKey, "ocp-apim-subscription-key": roleKey,
	"x-functions-key": roleKey, "x-rapidapi-key": roleKey, "x-vault-token": roleKey, "x-gitlab-token": roleKey, "private-token": roleKey, "x-goog-api-key": roleKey,
	"x-signature": roleSignature, "x-hub-signature": roleSignature, "x-hub-signature-256": roleSignature, "x-hmac-signature": roleSignature, "x-hmac": roleSignature,
	"signature": roleSignature, "x-amz-signature": roleSignature, "x-request-signature": roleSignature, "x-ca-signature": roleSignature, "x-sign": roleSignature,
	"x-api-signature": roleSignature, "stripe-signature": roleSignature, "x-webhook-signature": roleSignature,
	"x-forwarded-client-cert": roleCertificate, "x-client-cert": roleCertificate, "ssl-client-cert": roleCertificate, "x-ssl-client-cert": roleCertificate,
	"ssl-client-s-dn": roleCertificate, "x-ssl-client-s-dn": roleCertificate, "ssl-client-subject-dn": roleCertificate, "x-client-dn": roleCertificate,
	"x-ssl-client-dn": roleCertificate, "x-ssl-subject": roleCertificate, "x-client-cert-subject": roleCertificate, "x-client-certificate": roleCertificate,
	"client-cert": roleCertificate, "x-arr-clientcert": roleCertificate, "x-amzn-mtls-clientcert": roleCertificate, "x-amzn-mtls-clientcert-subject": roleCertificate,
	"x-forwarded-tls-client-cert-info": roleCertificate, "x-forwarded-tls-client-cert": roleCertificate, "x-tls-client-subject": roleCertificate,
	"user-agent":    roleAgent,
	"x-app-version": roleAppVersion, "app-version": roleAppVersion, "x-client-version": roleAppVersion, "x-application-version": roleAppVersion,
	"x-mobile-version": roleAppVersion, "x-appversion": roleAppVersion, "x-build-version": roleAppVersion,
	"x-app-name": roleAppName, "app-name": roleAppName, "x-client-name": roleAppName, "x-application-name": roleAppName, "x-application": roleAppName,
	"x-app": roleAppName, "x-client": roleAppName, "x-requested-by": roleAppName,
	"x-client-id": roleClient, "client-id": roleClient, "x-app-id": roleClient, "x-application-id": roleClient, "x-ibm-client-id": roleClient,
	"x-on-behalf-of": roleOnBehalf, "x-impersonate-user": roleOnBehalf, "x-act-as": roleOnBehalf, "impersonate-user": roleOnBehalf, "x-acting-user": roleOnBehalf,
	"x-user-id": roleOnBehalf, "x-remote-user": roleOnBehalf, "x-forwarded-user": roleOnBehalf,
}

// headersPlain are header names, or prefixes of them ending in a dash, that never carry a credential.
var headersPlain = []string{
	"accept", "accept-", "access-control-", "age", "cache-control", "connection", "content-", "date", "dnt", "etag", "expect", "forwarded", "from", "host", "if-",
	"keep-alive", "max-forwards", "origin", "pragma", "prefer", "priority", "range", "referer", "sec-", "te", "trailer", "transfer-encoding", "traceparent",
	"tracestate", "baggage", "b3", "x-b3-", "upgrade", "upgrade-", "via", "warning", "x-request-id", "x-correlation-id", "x-trace-", "x-amzn-trace-id", "x-cloud-trace-context",
	"x-datadog-", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip", "x-envoy-", "x-device-", "x-install", "x-csrf-",
	"x-xsrf-", "x-idempotency-", "idempotency-", "x-transaction-", "x-message-id", "x-span-", "newrelic", "sentry-", "cf-", "cdn-", "true-client-ip", "x-amz-cf-id",
	"x-requested-with", "x-http-method-override", "x-newrelic-", "x-vin", "request-id", "correlation-id", "x-timestamp", "x-nonce", "x-date", "device-id",
}

// roleOf returns what a header of that name is for.
func roleOf(name string) role {
	if ro, ok := headerRoles[name]; ok {
		return ro
	}
	for _, p := range headersPlain {
		if name == p || strings.HasSuffix(p, "-") && strings.HasPrefix(name, p) {
			return roleNone
		}
	}
	switch {
	case strings.HasSuffix(name, "api-key"), strings.HasSuffix(name, "apikey"), strings.HasSuffix(name, "-service-key"), strings.HasSuffix(name, "-access-key"),
		strings.HasSuffix(name, "-subscription-key"), strings.HasSuffix(name, "-secret-key"), strings.HasSuffix(name, "-auth-key"), strings.HasSuffix(name, "-secret"),
		strings.HasPrefix(name, "x-") && strings.HasSuffix(name, "-key"):
		return roleKey
	case strings.HasSuffix(name, "-access-token"), strings.HasSuffix(name, "-auth-token"), strings.HasSuffix(name, "-session-token"),
		strings.HasPrefix(name, "x-") && strings.HasSuffix(name, "-token") && !strings.Contains(name, "push"):
		return roleToken
	case strings.HasSuffix(name, "-signature"), strings.HasSuffix(name, "-hmac"):
		return roleSignature
	case strings.HasSuffix(name, "-app-version"):
		return roleAppVersion
	}
	return roleCustom
}

// A nearRole is a header at hand: most calls have the same few.
type nearRole struct {
	name string
	role role
}

// nearMax is the longest name of a header that is kept at hand.
const nearMax = 64

// role returns what a header is for, classifying each name once.
func (r *Registry) role(name string) role {
	if name == "" {
		return roleNone
	}
	near := &r.near[(len(name)*31+int(name[0])*7+int(name[len(name)-1]))%len(r.near)]
	if near.name == name {
		return near.role
	}
	ro, ok := r.headers.find(name)
	if !ok {
		ro = roleOf(name)
		r.headers.put(strings.Clone(name), ro)
	}
	if len(name) <= nearMax {
		*near = nearRole{strings.Clone(name), ro}
	}
	return ro
}
