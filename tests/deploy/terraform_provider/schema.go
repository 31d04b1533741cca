// Schemas as `tofu providers schema -json` prints them, what they are for tofu, and values of their form.
package main

import (
	"encoding/json"
	"sort"

	p5 "github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

type schema struct {
	Version int64  `json:"version"`
	Block   *block `json:"block"`
}

type block struct {
	Attributes map[string]attribute `json:"attributes"`
	Blocks     map[string]nested    `json:"block_types"`
}

type attribute struct {
	Type                                    json.RawMessage
	Required, Optional, Computed, Sensitive bool
}

type nested struct {
	Nesting  string `json:"nesting_mode"`
	Block    *block `json:"block"`
	MinItems int64  `json:"min_items"`
	MaxItems int64  `json:"max_items"`
}

var nestings = map[string]p5.SchemaNestedBlockNestingMode{
	"single": p5.SchemaNestedBlockNestingModeSingle,
	"list":   p5.SchemaNestedBlockNestingModeList,
	"set":    p5.SchemaNestedBlockNestingModeSet,
}

func served(schemas map[string]*schema) map[string]*p5.Schema {
	result := map[string]*p5.Schema{}
	for name, schema := range schemas {
		result[name] = &p5.Schema{Version: schema.Version, Block: schema.Block.served()}
	}
	return result
}

func (b *block) served() *p5.SchemaBlock {
	result := &p5.SchemaBlock{}
	for _, name := range sorted(b.Attributes) {
		a := b.Attributes[name]
		kind, err := tftypes.ParseJSONType(a.Type) //nolint:staticcheck // the format of the file
		if err != nil {
			panic(err)
		}
		result.Attributes = append(result.Attributes, &p5.SchemaAttribute{Name: name, Type: kind,
			Required: a.Required, Optional: a.Optional, Computed: a.Computed, Sensitive: a.Sensitive})
	}
	for _, name := range sorted(b.Blocks) {
		n := b.Blocks[name]
		result.BlockTypes = append(result.BlockTypes, &p5.SchemaNestedBlock{TypeName: name,
			Block: n.Block.served(), Nesting: nestings[n.Nesting], MinItems: n.MinItems, MaxItems: n.MaxItems})
	}
	return result
}

func (b *block) kind() tftypes.Type { return b.served().ValueType() }

// Makes the value of an attribute from its name, type and value.
type filler func(name string, kind tftypes.Type, value tftypes.Value) tftypes.Value

// filled is the value with `fill` applied to each computed attribute, in nested blocks too.
func (b *block) filled(value *p5.DynamicValue, fill filler) (*p5.DynamicValue, error) {
	kind := b.kind()
	before, err := value.Unmarshal(kind)
	if err != nil {
		return nil, err
	}
	after, err := tftypes.Transform(before, func(path *tftypes.AttributePath, value tftypes.Value) (tftypes.Value, error) {
		if name, computed := b.computed(path); computed {
			return fill(name, value.Type(), value), nil
		}
		return value, nil
	})
	if err != nil {
		return nil, err
	}
	result, err := p5.NewDynamicValue(kind, after)
	return &result, err
}

// computed tells whether the path leads to a computed attribute: not to a block, nor into a value.
func (b *block) computed(path *tftypes.AttributePath) (string, bool) {
	steps := path.Steps()
	for i, step := range steps {
		name, named := step.(tftypes.AttributeName)
		if !named {
			continue // an element of a list or a set
		}
		if n, isBlock := b.Blocks[string(name)]; isBlock {
			b = n.Block
			continue
		}
		return string(name), i == len(steps)-1 && b.Attributes[string(name)].Computed
	}
	return "", false
}

// plain is the value as encoding/json knows it; what is null or unknown is nil.
func plain(value tftypes.Value) any {
	if value.IsNull() || !value.IsKnown() {
		return nil
	}
	var text string
	var members map[string]tftypes.Value
	var elements []tftypes.Value
	switch {
	case value.As(&text) == nil:
		return text
	case value.As(&members) == nil:
		result := map[string]any{}
		for name, member := range members {
			result[name] = plain(member)
		}
		return result
	case value.As(&elements) == nil:
		result := []any{}
		for _, element := range elements {
			result = append(result, plain(element))
		}
		return result
	}
	return nil // numbers and truths: no answer depends on one
}

func sorted[T any](values map[string]T) []string {
	names := []string{}
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
