// Command waywarden finds the APIs of connected vehicles in recorded traffic, and what is wrong with their use.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/waywarden/waywarden/app"
)

func main() { os.Exit(run()) }

// run is main with the deferred calls done before the process ends. A first signal asks the work to end; a second one
// kills the process, as it would have without us.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return app.Main(ctx, os.Args[1:], app.Streams{Out: os.Stdout, Err: os.Stderr})
}
