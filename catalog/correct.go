package catalog

import "github.com/waywarden/waywarden"

// A Correction is the user's word on what an operation does.
type Correction struct {
	Host, Method, Template, Value string // "" fits all
	Class                         string
	Access                        waywarden.Access // "": as learned
}

// fits says whether the correction is about op.
func (k *Correction) fits(op *waywarden.Operation) bool {
	return (k.Host == "" || k.Host == op.Host) && (k.Method == "" || k.Method == op.Method) && k.Template == op.Template &&
		(k.Value == "" || k.Value == op.Discriminator.Value)
}
