package gradmq

import (
	"strings"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
)

// resolveEndpoint puts, in place of a wildcard host, the host by which control was reached: rule K-2. "" is
// what cannot be reached, because control has no host.
func resolveEndpoint(named, control string) string {
	for _, wildcard := range []string{"tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"} {
		port, found := strings.CutPrefix(named, wildcard)
		if !found {
			continue
		}
		colon := strings.LastIndexByte(control, ':')
		if !strings.HasPrefix(control, "tcp://") || colon < len("tcp://") {
			return ""
		}
		return control[:colon+1] + port
	}
	return named
}

// chooseEndpoint is, of those that can be reached, the first of the transport by which control was reached, else
// the first.
func chooseEndpoint(named []string, control, socket string) (string, error) {
	if len(named) == 0 {
		return "", fault.New(fault.Connect, "the coordinator at %s names no endpoint for %s", control, socket)
	}
	chosen := ""
	scheme, _, _ := strings.Cut(control, "://")
	for _, endpoint := range named {
		resolved := resolveEndpoint(endpoint, control)
		if resolved != "" && strings.HasPrefix(endpoint, scheme+"://") {
			return resolved, nil
		}
		if chosen == "" {
			chosen = resolved
		}
	}
	if chosen == "" {
		return "", fault.New(fault.Argument, "the coordinator names %s for %s, and the control endpoint %s has no host "+
			"to put in place of the wildcard: connect over tcp", named[0], socket, control)
	}
	return chosen, nil
}
