package template

import (
	"os"
	"strconv"
)

var shiftEnv = func() float64 { f, _ := strconv.ParseFloat(os.Getenv("SHIFT"), 64); return f }()
