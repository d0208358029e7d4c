//go:build !unix

package keys

import (
	"os"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
)

// read reads a file; who may read it is not told by modes here.
func read(path string, _ bool) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Wrap(fault.IO, err, "%s: cannot read it: %v", path, err)
	}
	if len(text) >= bytesMax {
		return nil, fault.New(fault.Format, "%s is too long for a certificate, which has less than %d bytes", path, bytesMax)
	}
	return text, nil
}
