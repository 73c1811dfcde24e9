//go:build unix

package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// A usage is what a process took.
type usage struct {
	cpu    time.Duration // user and system
	peakMB float64       // resident
}

// measure runs a program on one processor to its end and returns what it printed and took.
func measure(ctx context.Context, exe string, args []string, stdin io.Reader) ([]byte, usage, error) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, usage{}, fmt.Errorf("%w: %s", err, strings.TrimSpace(errs.String()))
	}
	u := usage{cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peakMB = float64(r.Maxrss) / 1024 // getrusage(2): kilobytes
		if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
			u.peakMB /= 1024 // there: bytes
		}
	}
	return out.Bytes(), u, nil
}
