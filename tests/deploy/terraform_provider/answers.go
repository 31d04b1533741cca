// What is invented: an account in eu-central-1, names of things by what was given, and policies written out as the
// real provider does, but that lists of one element stay lists.
package main

import (
	"encoding/json"
	"os"
)

var answers = map[string]map[string]string{
	"aws_partition":            {"partition": "aws", "dns_suffix": "amazonaws.com"},
	"aws_region":               {"id": "eu-central-1", "name": "eu-central-1", "region": "eu-central-1"},
	"aws_subnet":               {"vpc_id": "vpc-0123456789abcdef0"},
	"aws_ssm_parameter":        {"value": "ami-0123456789abcdef0"},
	"aws_s3_bucket":            {"id": "${bucket}", "arn": "arn:aws:s3:::${bucket}"},
	"aws_cloudwatch_log_group": {"arn": "arn:aws:logs:eu-central-1:123456789012:log-group:${name}"},
}

func answer(resource, name string, given map[string]any) (string, bool) {
	if resource == "aws_iam_policy_document" && name == "json" {
		return policy(given), true
	}
	text, known := answers[resource][name]
	return os.Expand(text, func(key string) string { word, _ := given[key].(string); return word }), known
}

func policy(config map[string]any) string {
	statements := []map[string]any{}
	for _, element := range list(config["statement"]) {
		given := element.(map[string]any)
		statement := map[string]any{"Effect": "Allow"}
		for key, name := range map[string]string{"sid": "Sid", "effect": "Effect"} {
			if text, ok := given[key].(string); ok {
				statement[name] = text
			}
		}
		for key, name := range map[string]string{"actions": "Action", "not_actions": "NotAction",
			"resources": "Resource", "not_resources": "NotResource"} {
			if words := list(given[key]); len(words) > 0 {
				statement[name] = words
			}
		}
		for key, name := range map[string]string{"principals": "Principal", "not_principals": "NotPrincipal"} {
			who := map[string]any{}
			for _, element := range list(given[key]) {
				principal := element.(map[string]any)
				who[principal["type"].(string)] = principal["identifiers"]
			}
			if len(who) > 0 {
				statement[name] = who
			}
		}
		conditions := map[string]map[string]any{}
		for _, element := range list(given["condition"]) {
			condition := element.(map[string]any)
			test := condition["test"].(string)
			if conditions[test] == nil {
				conditions[test] = map[string]any{}
			}
			conditions[test][condition["variable"].(string)] = condition["values"]
		}
		if len(conditions) > 0 {
			statement["Condition"] = conditions
		}
		statements = append(statements, statement)
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func list(value any) []any {
	elements, _ := value.([]any)
	return elements
}
