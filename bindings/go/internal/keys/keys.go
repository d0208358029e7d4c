// Package keys reads certificates, the files that hold CURVE keys: section 20 of the protocol.
package keys

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/gradmq/gradmq/bindings/go/internal/fault"
	"github.com/gradmq/gradmq/bindings/go/internal/zmq"
)

// bytesMax is longer than any certificate.
const bytesMax = 8192

// Keys are what a client's sockets need: its own pair and the coordinator's public key, as Z85. The zero
// value stands for none.
type Keys struct{ Public, Secret, Server string }

// Given tells whether there are keys.
func (k *Keys) Given() bool { return k.Server != "" }

// Load reads the file of the own certificate and the coordinator's public key, which is a file's name
// or the key itself. Both are given or neither.
func Load(secret, server string) (Keys, error) {
	if secret == "" && server == "" {
		return Keys{}, nil
	}
	if secret == "" || server == "" {
		return Keys{}, fault.New(fault.Argument, "Secret and ServerKey belong together: CURVE needs both, this "+
			"client's own certificate (`gradmq keygen NAME`) and the coordinator's public one")
	}
	own, err := load(secret, true)
	if err != nil {
		return Keys{}, err
	}
	if own.Secret == "" {
		return Keys{}, fault.New(fault.Format, "%s has a public key only; what is needed here is the file that "+
			"ends in .secret", secret)
	}
	if _, err := os.Stat(server); errors.Is(err, fs.ErrNotExist) && zmq.KeyValid(server) {
		own.Server = server
		return own, nil
	}
	other, err := load(server, false)
	own.Server = other.Public
	return own, err
}

func load(path string, secret bool) (Keys, error) {
	text, err := read(path, secret)
	if err != nil {
		return Keys{}, err
	}
	k, wrong := parse(text)
	if wrong != "" {
		return Keys{}, fault.New(fault.Format, "%s: %s", path, wrong)
	}
	return k, nil
}

// parse reads ZeroMQ's property language as far as certificates use it: names indented by four spaces a
// level, = and a value, # and a comment.
func parse(text []byte) (k Keys, wrong string) {
	if !utf8.Valid(text) {
		return k, "it is not UTF-8"
	}
	section := ""
	for _, line := range strings.Split(string(text), "\n") {
		name, value, wrong := item(line)
		if wrong != "" {
			return Keys{}, wrong
		}
		switch {
		case name == "":
		case !strings.HasPrefix(line, " "):
			section = name
		case section == "curve" && (name == "public-key" || name == "secret-key"):
			//  The value is not repeated: it may be a secret.
			if !zmq.KeyValid(value) {
				return Keys{}, "curve/" + name + " is not a key: 40 characters of Z85"
			}
			if name == "public-key" {
				k.Public = value
			} else {
				k.Secret = value
			}
		}
	}
	if k.Public == "" {
		return Keys{}, "it has no curve/public-key; is it a certificate?"
	}
	if k.Secret != "" && zmq.PublicKey(k.Secret) != k.Public {
		return Keys{}, "its public key is not that of its secret key"
	}
	return k, ""
}

func item(line string) (name, value, wrong string) {
	line = strings.TrimRight(line, " \t\r")
	text := strings.TrimLeft(line, " ")
	if text == "" || text[0] == '#' {
		return "", "", ""
	}
	if (len(line)-len(text))%4 != 0 {
		return "", "", "a line is not indented by four spaces a level"
	}
	name, value, _ = strings.Cut(text, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if value == "" || value[0] != '"' && value[0] != '\'' {
		value, _, _ = strings.Cut(value, " #")
		return name, strings.TrimSpace(value), ""
	}
	end := strings.IndexByte(value[1:], value[0])
	if end < 0 {
		return "", "", "a quote is not closed"
	}
	return name, value[1 : 1+end], ""
}
