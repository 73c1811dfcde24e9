package records

import (
	"errors"
	"slices"

	"github.com/waywarden/waywarden"
	"github.com/waywarden/waywarden/internal/jsonscan"
)

// readIDs reads {"vin":"…","vehicle_id":["…","…"]}.
func (d *decoder) readIDs() {
	d.ids = d.ids[:0]
	if d.s.Null() {
		return
	}
	for ok := d.s.Enter('{'); ok; ok = d.s.More('}') {
		idType := waywarden.DataType(jsonscan.String(d.s.KeyText()))
		if d.s.Peek() != '[' {
			d.id(idType)
			continue
		}
		for ok := d.s.Enter('['); ok; ok = d.s.More(']') {
			d.id(idType)
		}
	}
}

func (d *decoder) id(idType waywarden.DataType) {
	if d.tooMany(len(d.ids)) {
		return
	}
	if v := d.text(); v != "" {
		d.ids = append(d.ids, waywarden.ID{Type: idType, Value: v})
	}
}

func (d *decoder) readAttributes() {
	d.attributes = d.attributes[:0]
	if d.s.Null() {
		return
	}
	for ok := d.s.Enter('{'); ok; ok = d.s.More('}') {
		name := jsonscan.String(d.s.KeyText())
		if d.tooMany(len(d.attributes)) {
			return
		}
		d.attributes = append(d.attributes, waywarden.Attribute{Name: name, Value: d.value()})
	}
	d.attributes = lastWins(d.attributes, func(a *waywarden.Attribute) string { return a.Name })
}

func (d *decoder) readLinks() {
	d.links = d.links[:0]
	if d.s.Null() {
		return
	}
	for ok := d.s.Enter('['); ok; ok = d.s.More(']') {
		if d.tooMany(len(d.links)) {
			return
		}
		var l waywarden.RegisterLink
		for ok := d.s.Enter('{'); ok; ok = d.s.More('}') {
			switch string(d.s.Key()) {
			case "rel":
				l.Rel = d.text()
			case "type":
				l.Type = waywarden.AssetType(d.text())
			case "id":
				l.ID = d.text()
			case "since":
				l.Since = d.time("since")
			case "until":
				l.Until = d.time("until")
			default:
				d.s.Skip()
			}
		}
		d.links = append(d.links, l)
	}
}

func (d *decoder) asset() (*waywarden.Record, error) {
	switch {
	case d.assetType == "":
		return nil, errors.New("asset record without type")
	case len(d.ids) == 0:
		return nil, errors.New("asset record without ids")
	}
	x := &struct {
		rec waywarden.Record
		row waywarden.AssetRow
	}{d.rec, waywarden.AssetRow{
		Type: d.assetType, IDs: slices.Clone(d.ids),
		Attributes: slices.Clone(d.attributes), Links: slices.Clone(d.links),
	}}
	x.rec.Kind, x.rec.Asset = waywarden.KindAsset, &x.row
	return &x.rec, nil
}
