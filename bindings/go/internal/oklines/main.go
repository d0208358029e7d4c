// Oklines turns what `go test -json` says into one line a test: "ok NAME", "not ok NAME" or
// "skip NAME: REASON", after what a test that failed had to say.
//
//	go test -json ./... | oklines [-strip N] [-package]
//
// Tests that have subtests are left out where a subtest tells the same.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

type lines struct {
	strip   int
	pkg     bool
	out     io.Writer
	output  map[string][]string // by package and test
	parents map[string]bool
	failed  map[string]bool // a subtest of it failed
	bad     bool
}

func main() {
	l := lines{out: os.Stdout, output: map[string][]string{}, parents: map[string]bool{}, failed: map[string]bool{}}
	flag.IntVar(&l.strip, "strip", 0, "leading parts of a test's name to leave out")
	flag.BoolVar(&l.pkg, "package", false, "put the package's folder in front of the name")
	flag.Parse()
	reader := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := reader.ReadString('\n')
		var e event
		if json.Unmarshal([]byte(line), &e) == nil {
			l.take(&e)
		} else if strings.TrimSpace(line) != "" {
			fmt.Fprint(l.out, "    ", line)
		}
		if err != nil {
			break
		}
	}
	if l.bad {
		os.Exit(1)
	}
}

func (l *lines) take(e *event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output", "build-output":
		l.output[key] = append(l.output[key], e.Output)
	case "run":
		for parent := path.Dir(e.Test); parent != "."; parent = path.Dir(parent) {
			l.parents[e.Package+" "+parent] = true
		}
	case "pass", "skip", "fail", "build-fail":
		l.finish(e, key)
		delete(l.output, key)
	}
}

func (l *lines) finish(e *event, key string) {
	failed := e.Action == "fail" || e.Action == "build-fail"
	if failed {
		l.bad = true
		explained := l.failed[key]
		for parent := e.Test; parent != "." && parent != ""; parent = path.Dir(parent) {
			l.failed[e.Package+" "+path.Dir(parent)] = true
		}
		l.failed[e.Package+" "] = true
		if explained {
			return
		}
		l.say(key)
	} else if e.Test == "" || l.parents[key] {
		return
	}
	switch e.Action {
	case "pass":
		fmt.Fprintf(l.out, "ok %s\n", l.name(e))
	case "skip":
		fmt.Fprintf(l.out, "skip %s: %s\n", l.name(e), l.reason(key))
	default:
		fmt.Fprintf(l.out, "not ok %s\n", l.name(e))
	}
}

// say repeats, indented, what a test said.
func (l *lines) say(key string) {
	for _, line := range l.output[key] {
		if !strings.HasPrefix(strings.TrimSpace(line), "=== ") {
			fmt.Fprint(l.out, "    ", line)
		}
	}
}

func (l *lines) name(e *event) string {
	name := e.Test
	if name == "" {
		return path.Base(e.Package) + "/package"
	}
	parts := strings.Split(name, "/")
	if len(parts) > l.strip {
		parts = parts[l.strip:]
	}
	name = strings.Join(parts, "/")
	if l.pkg {
		name = path.Base(e.Package) + "/" + name
	}
	return name
}

// reason is the last line in which a skipped test said something.
func (l *lines) reason(key string) string {
	for i := len(l.output[key]) - 1; i >= 0; i-- {
		line := strings.TrimSpace(l.output[key][i])
		if line != "" && !strings.HasPrefix(line, "---") && !strings.HasPrefix(line, "===") {
			return line
		}
	}
	return "it does not say why"
}
