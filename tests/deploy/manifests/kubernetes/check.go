package main

import (
	"fmt"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// check says what is wrong with the whole.
func (s *set) check() []string {
	var wrong []string
	for _, p := range s.pods {
		wrong = append(wrong, s.checkPod(p)...)
	}
	for _, service := range s.services {
		where := "Service/" + service.Name
		chosen := s.chosen(labels.SelectorFromSet(service.Spec.Selector))
		wrong = append(wrong, nobody(where, chosen)...)
		for _, port := range service.Spec.Ports {
			wrong = append(wrong, hasPort(where, port.TargetPort, chosen)...)
		}
	}
	for _, rules := range s.policies {
		where := "NetworkPolicy/" + rules.Name
		chosen := s.chosen(selector(&rules.Spec.PodSelector))
		wrong = append(wrong, nobody(where, chosen)...)
		for _, ingress := range rules.Spec.Ingress {
			for _, port := range ingress.Ports {
				wrong = append(wrong, hasPort(where, *port.Port, chosen)...)
			}
		}
	}
	for _, budget := range s.budgets {
		wrong = append(wrong, nobody("PodDisruptionBudget/"+budget.Name, s.chosen(selector(budget.Spec.Selector)))...)
	}
	return append(wrong, s.checkMonitors()...)
}

func (s *set) checkMonitors() []string {
	var wrong []string
	for _, monitor := range s.monitors {
		for _, endpoint := range monitor.Spec.Endpoints {
			found := false
			for _, service := range s.services {
				if !selector(&monitor.Spec.Selector).Matches(labels.Set(service.Labels)) {
					continue
				}
				for _, port := range service.Spec.Ports {
					found = found || port.Name == endpoint.Port
				}
			}
			if !found {
				wrong = append(wrong, fmt.Sprintf("ServiceMonitor/%s: no Service that it selects has a port %s", monitor.Name, endpoint.Port))
			}
		}
	}
	return wrong
}

func selector(of *meta.LabelSelector) labels.Selector {
	made, err := meta.LabelSelectorAsSelector(of)
	if err != nil {
		return labels.Nothing()
	}
	return made
}

func (s *set) chosen(by labels.Selector) []pod {
	var chosen []pod
	for _, p := range s.pods {
		if by.Matches(labels.Set(p.labels)) {
			chosen = append(chosen, p)
		}
	}
	return chosen
}

func nobody(where string, chosen []pod) []string {
	if len(chosen) == 0 {
		return []string{where + ": it selects no pod"}
	}
	return nil
}

// hasPort says which of the pods have no such port.
func hasPort(where string, port intstr.IntOrString, pods []pod) []string {
	var wrong []string
	for _, p := range pods {
		found := false
		for _, container := range p.spec.Containers {
			for _, own := range container.Ports {
				found = found || own.Name == port.StrVal || own.ContainerPort == port.IntVal
			}
		}
		if !found {
			wrong = append(wrong, fmt.Sprintf("%s: %s has no port %s", where, p.owner, port.String()))
		}
	}
	return wrong
}

func (s *set) checkPod(p pod) []string {
	var wrong []string
	say := func(format string, values ...any) {
		wrong = append(wrong, p.owner+": "+fmt.Sprintf(format, values...))
	}
	volumes := map[string]bool{}
	for name := range p.claims {
		volumes[name] = true
	}
	for _, volume := range p.spec.Volumes {
		volumes[volume.Name] = true
		if volume.Secret != nil && !s.names["Secret/"+volume.Secret.SecretName] {
			say("there is no Secret %s", volume.Secret.SecretName)
		}
		if volume.ConfigMap != nil && !s.names["ConfigMap/"+volume.ConfigMap.Name] {
			say("there is no ConfigMap %s", volume.ConfigMap.Name)
		}
	}
	if security := p.spec.SecurityContext; security == nil || security.RunAsNonRoot == nil || !*security.RunAsNonRoot ||
		security.SeccompProfile == nil || security.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
		say("it may run as root, or without seccomp")
	}
	if token := p.spec.AutomountServiceAccountToken; token == nil || *token {
		say("it is given a token that it does not need")
	}
	for _, container := range append(p.spec.InitContainers, p.spec.Containers...) {
		for _, mount := range container.VolumeMounts {
			if !volumes[mount.Name] {
				say("%s mounts %s, which is no volume", container.Name, mount.Name)
			}
		}
		wrong = append(wrong, checkContainer(p, container)...)
	}
	return wrong
}

func checkContainer(p pod, container core.Container) []string {
	var wrong []string
	say := func(words string) {
		wrong = append(wrong, p.owner+": "+container.Name+" "+words)
	}
	security := container.SecurityContext
	if security == nil || security.ReadOnlyRootFilesystem == nil || !*security.ReadOnlyRootFilesystem {
		say("may write to its root")
	}
	if security == nil || security.AllowPrivilegeEscalation == nil || *security.AllowPrivilegeEscalation {
		say("may gain privileges")
	}
	if security == nil || security.Capabilities == nil || len(security.Capabilities.Drop) != 1 || security.Capabilities.Drop[0] != "ALL" {
		say("keeps capabilities")
	}
	if container.Resources.Requests.Cpu().IsZero() || container.Resources.Limits.Memory().IsZero() {
		say("has no share of processors or no bound of memory")
	}
	for _, probe := range []*core.Probe{container.StartupProbe, container.LivenessProbe, container.ReadinessProbe} {
		if probe != nil && probe.HTTPGet != nil {
			wrong = append(wrong, hasPort("a probe", probe.HTTPGet.Port, []pod{p})...)
		}
	}
	return wrong
}
