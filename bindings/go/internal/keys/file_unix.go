//go:build unix

package keys

import (
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
)

// read reads a file that, where it is a secret one, nobody but its owner can read, and else nobody but
// its owner can write; the owner is this user or root. What is looked at is the file that was opened.
func read(path string, secret bool) ([]byte, error) {
	//  A pipe of that name must not hold us up.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, fault.Wrap(fault.IO, err, "%s: cannot open it: %v", path, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fault.Wrap(fault.IO, err, "%s: cannot look at it: %v", path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fault.New(fault.Format, "%s is not a file", path)
	}
	denied, mend, what := os.FileMode(0o022), "go-w", "change"
	if secret {
		denied, mend, what = 0o077, "600", "read"
		if isCredential(path) {
			denied = 0o037
		}
	}
	if system, ok := info.Sys().(*syscall.Stat_t); ok && int(system.Uid) != os.Geteuid() && system.Uid != 0 {
		return nil, fault.New(fault.Permission, "%s belongs to another user, who could change it: chown it to the "+
			"user that runs this, or to root", path)
	}
	if info.Mode()&denied != 0 {
		return nil, fault.New(fault.Permission, "%s has mode %04o, which lets others %s it: chmod %s %s",
			path, info.Mode().Perm(), what, mend, path)
	}
	text, err := io.ReadAll(io.LimitReader(file, bytesMax))
	if err != nil {
		return nil, fault.Wrap(fault.IO, err, "%s: cannot read it: %v", path, err)
	}
	if len(text) >= bytesMax {
		return nil, fault.New(fault.Format, "%s is too long for a certificate, which has less than %d bytes", path, bytesMax)
	}
	return text, nil
}

// isCredential is true of a file in the folder in which the service manager puts what it was given for
// this process: it lets nobody else in there.
func isCredential(path string) bool {
	folder := os.Getenv("CREDENTIALS_DIRECTORY")
	return folder != "" && strings.HasPrefix(path, folder+"/") && !strings.Contains(path[len(folder):], "/..")
}
