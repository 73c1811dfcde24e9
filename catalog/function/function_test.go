package function

import (
	"testing"

	"github.com/waywarden/waywarden/domain"
)

func classifier(tb testing.TB) *Classifier {
	tb.Helper()
	k, err := domain.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return New(k)
}
