package gradmq

import (
	"strings"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
)

// resolveEndpoint puts, in place of a wildcard host, the host by which control was reached: rule K-2.
func resolveEndpoint(named, control string) (string, error) {
	for _, wildcard := range []string{"tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"} {
		port, found := strings.CutPrefix(named, wildcard)
		if !found {
			continue
		}
		colon := strings.LastIndexByte(control, ':')
		if !strings.HasPrefix(control, "tcp://") || colon < len("tcp://") {
			return "", fault.New(fault.Argument, "the coordinator names %s, and the control endpoint %s has no host to "+
				"put in place of the wildcard: connect over tcp", named, control)
		}
		return control[:colon+1] + port, nil
	}
	return named, nil
}

// chooseEndpoint is the first of the transport by which control was reached, else the first.
func chooseEndpoint(named []string, control, socket string) (string, error) {
	if len(named) == 0 {
		return "", fault.New(fault.Connect, "the coordinator at %s names no endpoint for %s", control, socket)
	}
	chosen := named[0]
	scheme, _, _ := strings.Cut(control, "://")
	for _, endpoint := range named {
		if strings.HasPrefix(endpoint, scheme+"://") {
			chosen = endpoint
			break
		}
	}
	return resolveEndpoint(chosen, control)
}
