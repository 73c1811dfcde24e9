// Command train trains the model of catalog/template, and judges it on providers it was not trained on.
//
//	go run ./catalog/template/train -operations openapi_directory_dev.tsv.zst -out catalog/template/internal/model/model.bin
//	go run ./catalog/template/train -operations openapi_directory_dev.tsv.zst -bench paths_dev.tsv.zst -folds 5 -predict /tmp/predicted.tsv
//	go run ./catalog/template/train -operations mobility.tsv -made
//
// The operations are a table of real APIs (provider, api, method, template, base, summary, params). Traffic is made up
// from them by the generator in this folder; the same input gives the same bytes of model.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/waywarden/waywarden/catalog/template/internal/model"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run() error {
	operations := flag.String("operations", "", "table of operations to train on (.tsv or .tsv.zst)")
	out := flag.String("out", "", "file to write the model to")
	bench := flag.String("bench", "", "table of requests with true templates to judge by, each provider by a model trained without it")
	folds := flag.Int("folds", 5, "number of parts the providers are divided into for -bench")
	only := flag.Int("only", -1, "judge only that part")
	predict := flag.String("predict", "", "file to write the predicted templates of -bench to (id, template)")
	model := flag.String("model", "", "judge with this model instead of training (no cross-validation)")
	models := flag.String("models", "", "folder to keep the models of -bench in, read again by the next run")
	world := flag.String("world", "", "judge the templates of http records (.ndjson) by the truth beside it (.truth.json)")
	verbose := flag.Bool("v", false, "list what was judged wrong")
	made := flag.Bool("made", false, "judge -model (the embedded one by default) by traffic made up from -operations")
	flag.Parse()
	if *world != "" {
		return judgeWorld(*world, *model, *verbose)
	}
	apis, err := readAPIs(*operations)
	if err != nil {
		return err
	}
	if *made {
		return judgeMade(apis, *model, *verbose)
	}
	if *bench != "" {
		return judge(apis, *bench, *model, *models, *predict, *folds, *only, *verbose)
	}
	m := train(apis)
	if *out == "" {
		return nil
	}
	if err := os.WriteFile(*out, m.Bytes(), 0o644); err != nil { //nolint:gosec // a model is public
		return fmt.Errorf("write model: %w", err)
	}
	return nil
}

func readModel(file string) (*model.Model, error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return nil, fmt.Errorf("read model: %w", err)
	}
	return model.Read(b)
}
