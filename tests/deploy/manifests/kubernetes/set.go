package main

import (
	"fmt"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

// pod is a template of pods, whoever makes them.
type pod struct {
	owner  string
	labels map[string]string
	spec   core.PodSpec
	claims map[string]bool // volumes that are claimed beside the template
}

// set is everything that a kustomization makes.
type set struct {
	names    map[string]bool // KIND/NAME, of others too
	pods     []pod
	services []core.Service
	policies []networking.NetworkPolicy
	budgets  []policy.PodDisruptionBudget
	monitors []monitoring.ServiceMonitor
}

func newSet(external []string) *set {
	made := &set{names: map[string]bool{}}
	for _, name := range external {
		made.names[name] = true
	}
	return made
}

// add reads one object. A kind that is not known here is refused, as it would not be checked.
func (s *set) add(kind, name string, text []byte) error {
	s.names[kind+"/"+name] = true
	var err error
	switch kind {
	case "Namespace":
		err = read(text, &core.Namespace{})
	case "ConfigMap":
		err = read(text, &core.ConfigMap{})
	case "Secret":
		err = read(text, &core.Secret{})
	case "Service":
		var service core.Service
		err = read(text, &service)
		s.services = append(s.services, service)
	case "StatefulSet":
		err = s.addStateful(text)
	case "Job":
		var job batch.Job
		err = read(text, &job)
		template := job.Spec.Template
		s.pods = append(s.pods, pod{"Job/" + job.Name, template.Labels, template.Spec, nil})
	case "NetworkPolicy":
		var rules networking.NetworkPolicy
		err = read(text, &rules)
		s.policies = append(s.policies, rules)
	case "PodDisruptionBudget":
		var budget policy.PodDisruptionBudget
		err = read(text, &budget)
		s.budgets = append(s.budgets, budget)
	case "ServiceMonitor":
		var monitor monitoring.ServiceMonitor
		err = read(text, &monitor)
		s.monitors = append(s.monitors, monitor)
	default:
		return fmt.Errorf("%s/%s: a kind that is not checked here", kind, name)
	}
	if err != nil {
		return fmt.Errorf("%s/%s: %w", kind, name, err)
	}
	return nil
}

func (s *set) addStateful(text []byte) error {
	var stateful apps.StatefulSet
	if err := read(text, &stateful); err != nil {
		return err
	}
	claims := map[string]bool{}
	for _, claim := range stateful.Spec.VolumeClaimTemplates {
		claims[claim.Name] = true
	}
	template := stateful.Spec.Template
	s.pods = append(s.pods, pod{"StatefulSet/" + stateful.Name, template.Labels, template.Spec, claims})
	if !s.names["Service/"+stateful.Spec.ServiceName] {
		return fmt.Errorf("its Service %q is not there", stateful.Spec.ServiceName)
	}
	return nil
}

// read refuses fields that the type has not, and ones that are there twice.
func read(text []byte, object any) error {
	return yaml.UnmarshalStrict(text, object)
}
