package keys

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	"github.com/gradmq/gradmq/bindings/go/internal/zmq"
)

// Keys that belong together; they open nothing.
const secretKey = "abcdefghijabcdefghijabcdefghijabcdefghij"

var (
	publicKey = zmq.PublicKey(secretKey)
	otherKey  = zmq.PublicKey(strings.ToUpper(secretKey))
)

var certificate = `#   A CURVE key of GradMQ.

metadata
    name = "w1"
    role = "worker"    # what it may do
curve
    public-key = "` + publicKey + `"
`

func write(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad(t *testing.T) {
	secret := write(t, "w1.secret", certificate+"    secret-key = '"+secretKey+"'\n", 0o600)
	public := write(t, "w1.public", certificate, 0o644)
	for _, server := range []string{public, publicKey} {
		k, err := Load(secret, server)
		if err != nil || !k.Given() || k.Public != publicKey || k.Secret != secretKey || k.Server != publicKey {
			t.Errorf("%+v, %v", k, err)
		}
	}
	if k, err := Load("", ""); err != nil || k.Given() {
		t.Errorf("%+v, %v", k, err)
	}
}

func TestRefused(t *testing.T) {
	whole := certificate + "    secret-key = \"" + secretKey + "\"\n"
	secret := write(t, "w1.secret", whole, 0o600)
	public := write(t, "w1.public", certificate, 0o644)
	for name, one := range map[string]struct {
		secret, server string
		code           fault.Code
	}{
		"no server key":      {secret, "", fault.Argument},
		"no own key":         {"", public, fault.Argument},
		"public only":        {write(t, "f", certificate, 0o600), public, fault.Format},
		"readable by others": {write(t, "f", whole, 0o640), public, fault.Permission},
		"writable by others": {secret, write(t, "f", certificate, 0o664), fault.Permission},
		"absent":             {secret + "x", public, fault.IO},
		"absent server":      {secret, public + strings.Repeat("x", 41), fault.IO},
		"a folder":           {t.TempDir(), public, fault.Format},
		"not its own":        {write(t, "f", strings.Replace(whole, publicKey, otherKey, 1), 0o600), public, fault.Format},
		"no key":             {write(t, "f", strings.Replace(whole, secretKey, "abc", 1), 0o600), public, fault.Format},
		"empty":              {secret, write(t, "f", "", 0o644), fault.Format},
		"quote not closed":   {secret, write(t, "f", strings.Replace(certificate, publicKey+`"`, publicKey, 1), 0o644), fault.Format},
		"indented by three":  {secret, write(t, "f", strings.Replace(certificate, "    public", "   public", 1), 0o644), fault.Format},
		"not UTF-8":          {secret, write(t, "f", certificate+"#\xff\n", 0o644), fault.Format},
		"far too long":       {secret, write(t, "f", certificate+strings.Repeat("#\n", bytesMax), 0o644), fault.Format},
	} {
		_, err := Load(one.secret, one.server)
		if fault.CodeOf(err) != one.code {
			t.Errorf("%s: %v, not %v", name, err, one.code)
		}
		if err != nil && strings.Contains(err.Error(), secretKey) {
			t.Errorf("%s: the secret is told", name)
		}
	}
}
