// A stand-in for the AWS provider, for plans and applies without AWS: real names and types, invented answers.
//
// The real one takes an hour and gigabytes to build. Here the schemas come from the file that AWS_SCHEMAS names
// (schemas.py makes it of the real one's), so that tofu itself refuses what the real provider does not know. All
// resources then are treated alike: a computed attribute that is not given is unknown when planned and invented
// when applied. It does not know what AWS or the provider refuse beyond the schema. The answers are in answers.go.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	p5 "github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func main() {
	text, err := os.ReadFile(os.Getenv("AWS_SCHEMAS"))
	server := &provider{}
	if err == nil {
		err = json.Unmarshal(text, &server.schemas)
	}
	if err == nil {
		err = tf5server.Serve("hashicorp/aws", func() p5.ProviderServer { return server })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// What is not overridden of the interface is not called: there are no functions, identities or ephemeral resources.
type provider struct {
	p5.ProviderServer
	schemas struct {
		Resources   map[string]*schema `json:"resource_schemas"`
		DataSources map[string]*schema `json:"data_source_schemas"`
	}
}

func (p *provider) GetMetadata(context.Context, *p5.GetMetadataRequest) (*p5.GetMetadataResponse, error) {
	return &p5.GetMetadataResponse{}, nil
}

func (p *provider) GetProviderSchema(context.Context, *p5.GetProviderSchemaRequest) (
	*p5.GetProviderSchemaResponse, error) {
	return &p5.GetProviderSchemaResponse{
		Provider:          &p5.Schema{Block: &p5.SchemaBlock{}},
		ResourceSchemas:   served(p.schemas.Resources),
		DataSourceSchemas: served(p.schemas.DataSources),
	}, nil
}

func (p *provider) GetResourceIdentitySchemas(context.Context, *p5.GetResourceIdentitySchemasRequest) (
	*p5.GetResourceIdentitySchemasResponse, error) {
	return &p5.GetResourceIdentitySchemasResponse{}, nil
}

func (p *provider) PrepareProviderConfig(_ context.Context, r *p5.PrepareProviderConfigRequest) (
	*p5.PrepareProviderConfigResponse, error) {
	return &p5.PrepareProviderConfigResponse{PreparedConfig: r.Config}, nil
}

func (p *provider) ConfigureProvider(context.Context, *p5.ConfigureProviderRequest) (
	*p5.ConfigureProviderResponse, error) {
	return &p5.ConfigureProviderResponse{}, nil
}

func (p *provider) StopProvider(context.Context, *p5.StopProviderRequest) (*p5.StopProviderResponse, error) {
	return &p5.StopProviderResponse{}, nil
}

func (p *provider) ValidateResourceTypeConfig(context.Context, *p5.ValidateResourceTypeConfigRequest) (
	*p5.ValidateResourceTypeConfigResponse, error) {
	return &p5.ValidateResourceTypeConfigResponse{}, nil
}

func (p *provider) ValidateDataSourceConfig(context.Context, *p5.ValidateDataSourceConfigRequest) (
	*p5.ValidateDataSourceConfigResponse, error) {
	return &p5.ValidateDataSourceConfigResponse{}, nil
}

func (p *provider) UpgradeResourceState(_ context.Context, r *p5.UpgradeResourceStateRequest) (
	*p5.UpgradeResourceStateResponse, error) {
	kind := p.schemas.Resources[r.TypeName].Block.kind()
	value, err := r.RawState.Unmarshal(kind)
	if err != nil {
		return nil, err
	}
	state, err := p5.NewDynamicValue(kind, value)
	return &p5.UpgradeResourceStateResponse{UpgradedState: &state}, err
}

func (p *provider) ReadResource(_ context.Context, r *p5.ReadResourceRequest) (
	*p5.ReadResourceResponse, error) {
	return &p5.ReadResourceResponse{NewState: r.CurrentState}, nil
}

// What is there keeps the values that it got, as with the real provider: only what is new is unknown.
func (p *provider) PlanResourceChange(_ context.Context, r *p5.PlanResourceChangeRequest) (
	*p5.PlanResourceChangeResponse, error) {
	block := p.schemas.Resources[r.TypeName].Block
	isNew, err := r.PriorState.IsNull()
	if err != nil {
		return nil, err
	}
	planned, err := block.filled(r.ProposedNewState, func(_ string, kind tftypes.Type, value tftypes.Value) tftypes.Value {
		if isNew && value.IsNull() {
			return tftypes.NewValue(kind, tftypes.UnknownValue)
		}
		return value
	})
	return &p5.PlanResourceChangeResponse{PlannedState: planned}, err
}

func (p *provider) ApplyResourceChange(_ context.Context, r *p5.ApplyResourceChangeRequest) (
	*p5.ApplyResourceChangeResponse, error) {
	block := p.schemas.Resources[r.TypeName].Block
	value, err := r.PlannedState.Unmarshal(block.kind())
	if err != nil {
		return nil, err
	}
	planned, _ := plain(value).(map[string]any) // null when it is to be destroyed
	state, err := block.filled(r.PlannedState, func(name string, kind tftypes.Type, value tftypes.Value) tftypes.Value {
		if !value.IsKnown() {
			return invented(r.TypeName, name, kind, planned)
		}
		return value
	})
	return &p5.ApplyResourceChangeResponse{NewState: state}, err
}

func (p *provider) ReadDataSource(_ context.Context, r *p5.ReadDataSourceRequest) (
	*p5.ReadDataSourceResponse, error) {
	block := p.schemas.DataSources[r.TypeName].Block
	value, err := r.Config.Unmarshal(block.kind())
	if err != nil {
		return nil, err
	}
	config, _ := plain(value).(map[string]any)
	state, err := block.filled(r.Config, func(name string, kind tftypes.Type, value tftypes.Value) tftypes.Value {
		if value.IsNull() {
			return invented(r.TypeName, name, kind, config)
		}
		return value
	})
	return &p5.ReadDataSourceResponse{State: state}, err
}

func invented(resource, name string, kind tftypes.Type, given map[string]any) tftypes.Value {
	text, known := answer(resource, name, given)
	switch {
	case known:
		return tftypes.NewValue(kind, text)
	case kind.Is(tftypes.String):
		return tftypes.NewValue(kind, resource+"-"+name)
	case kind.Is(tftypes.Number):
		return tftypes.NewValue(kind, 1)
	default:
		return tftypes.NewValue(kind, nil)
	}
}
