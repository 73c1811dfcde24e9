package schema

import (
	"bytes"
	"strings"

	"github.com/waywarden/waywarden"
)

// A Format is how a body is written.
type Format uint8

// The formats.
const (
	FormatNone Format = iota // no body
	FormatJSON
	FormatNDJSON
	FormatForm
	FormatMultipart
	FormatXML
	FormatCSV
	FormatProtobuf // counted, not looked into
	FormatText     // counted, not looked into
	FormatBinary   // counted, not looked into
)

var formatNames = [...]string{
	"none", "json", "ndjson", "form", "multipart", "xml", "csv", "protobuf", "text", "binary",
}

// String returns the format's short name.
func (f Format) String() string { return formatNames[f] }

var mediaTypes = [...]string{
	"", "application/json", "application/x-ndjson", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", "text/csv",
	"application/x-protobuf", "text/plain", "application/octet-stream",
}

// MediaType returns the media type that stands for the format in an API description.
func (f Format) MediaType() string { return mediaTypes[f] }

// Body walks a message body, teaches t and adds to the walker's leaves and nodes. The format follows from the content
// type, or from the content where the type says nothing or something wrong. The error, [ErrMalformed], says that the
// body broke off or is not what it seems to be; what was read until then was kept. A truncated body is no error.
func (w *Walker) Body(t *Tree, in waywarden.Place, contentType string, body []byte, truncated bool) (Format, error) {
	body = trim(body)
	f := formatOf(contentType, body)
	var err error
	if f == FormatNone {
		return f, nil
	}
	root := w.begin(t, in)
	switch f {
	case FormatJSON:
		err = w.json(root, body, false)
	case FormatNDJSON:
		err = w.json(root, body, true)
	case FormatForm:
		w.form(root, view(body))
	case FormatMultipart:
		err = w.multipart(root, contentType, body)
	case FormatXML:
		err = w.xml(root, body)
	case FormatCSV:
		w.csv(root, view(body), truncated)
	}
	if in == waywarden.InBody {
		w.RequestSignature = w.sign
	} else {
		w.ResponseSignature = w.sign
	}
	if truncated {
		err = nil
	}
	return f, err
}

var (
	byteOrderMark = []byte("\ufeff")
	hijackGuard   = []byte(")]}'") // before JSON, against its inclusion as a script
)

// trim takes off what may stand around a body and is no part of it.
func trim(body []byte) []byte {
	body = bytes.TrimPrefix(body, byteOrderMark)
	if len(body) == 0 || body[0] > ' ' && body[0] != ')' && body[len(body)-1] > ' ' {
		return body
	}
	body = bytes.TrimSpace(body)
	if rest, ok := bytes.CutPrefix(body, hijackGuard); ok {
		return bytes.TrimLeft(rest, ", \r\n\t")
	}
	return body
}

// formatOf decides how a body is to be read.
func formatOf(contentType string, body []byte) Format {
	if len(body) == 0 {
		return FormatNone
	}
	media, _, _ := strings.Cut(contentType, ";")
	f := declared(strings.TrimSpace(media))
	switch body[0] {
	case '{', '[':
		switch f {
		case FormatForm, FormatXML, FormatText, FormatBinary:
			return FormatJSON
		}
	case '<':
		if f == FormatJSON || f == FormatText && xmlLike(body) {
			return FormatXML
		}
	default:
		switch {
		case f == FormatXML:
			return FormatText
		case contentType == "" && formLike(body):
			return FormatForm
		}
	}
	return f
}

// declared returns the format a media type names.
func declared(media string) Format {
	switch media {
	case "application/json":
		return FormatJSON
	case "", "text/plain":
		return FormatText
	}
	media = strings.ToLower(media)
	switch {
	case strings.HasSuffix(media, "ndjson"), strings.HasSuffix(media, "jsonl"), strings.HasSuffix(media, "json-seq"), strings.HasSuffix(media, "stream+json"), strings.HasSuffix(media, "jsonlines"):
		return FormatNDJSON
	case strings.HasSuffix(media, "json"):
		return FormatJSON
	case media == "application/x-www-form-urlencoded":
		return FormatForm
	case strings.HasPrefix(media, "multipart/"):
		return FormatMultipart
	case media == "text/html", media == "text/javascript", media == "text/css", media == "application/javascript", media == "image/svg+xml":
		return FormatText
	case strings.HasSuffix(media, "xml"):
		return FormatXML
	case strings.HasSuffix(media, "csv"):
		return FormatCSV
	case strings.Contains(media, "protobuf"), strings.HasPrefix(media, "application/grpc"):
		return FormatProtobuf
	case strings.HasPrefix(media, "text/"), strings.HasSuffix(media, "graphql"), strings.HasSuffix(media, "yaml"):
		return FormatText
	}
	return FormatBinary
}

// xmlLike says whether text that begins with '<' is XML rather than HTML.
func xmlLike(body []byte) bool {
	head := strings.ToLower(string(body[:min(len(body), 64)]))
	return strings.HasPrefix(head, "<?xml") || !strings.Contains(head, "<html") && !strings.HasPrefix(head, "<!doctype html")
}

// formLike says whether a body without a content type is a form: name=value&name=value, and no space.
func formLike(body []byte) bool {
	eq := bytes.IndexByte(body, '=')
	return eq > 0 && eq <= 64 && !bytes.ContainsAny(body, " \n<>{}\"")
}
