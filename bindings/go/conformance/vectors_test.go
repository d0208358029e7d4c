// Package conformance runs every golden vector of schemas/vectors.
package conformance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const folder = "../../../schemas/vectors"

// vector is one entry of any file; a subject uses what it needs.
type vector struct {
	Name         string            `json:"name"`
	Rule         string            `json:"rule"`
	Frames       []json.RawMessage `json:"frames"`
	Message      json.RawMessage   `json:"message"`
	Error        string            `json:"error"`
	MayTake      bool              `json:"may_take"`
	Attributable *bool             `json:"attributable"`
	RequestID    number            `json:"request_id"`
	Layout       json.RawMessage   `json:"layout"`
	Check        string            `json:"check"`
	Canonical    string            `json:"canonical"`
	ID           number            `json:"id"`
	DType        number            `json:"dtype"`
	Parts        []json.RawMessage `json:"parts"`
	Values       [][]json.Number   `json:"values"`
	From         string            `json:"from"`
	To           string            `json:"to"`
	Input        string            `json:"input"`
	Output       string            `json:"output"`
	Socket       string            `json:"socket"`
	Topic        string            `json:"topic"`
	Of           map[string]string `json:"of"`
}

var subjects = map[string]func(*testing.T, *vector){
	"gradient": runGradient,
	"update":   runUpdate,
	"event":    runEvent,
	"request":  runRequest,
	"reply":    runReply,
	"layout":   runLayout,
	"payload":  runPayload,
	"dtype":    runDType,
	"topic":    runTopic,
}

func load(t *testing.T, path string) []vector {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Format  int      `json:"format"`
		Vectors []vector `json:"vectors"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if file.Format != 1 || len(file.Vectors) == 0 {
		t.Fatalf("%s: format %d with %d vectors", path, file.Format, len(file.Vectors))
	}
	return file.Vectors
}

// TestVectors has one subtest a vector, SUBJECT/NAME.
func TestVectors(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no vectors in %s: %v", folder, err)
	}
	for _, path := range paths {
		subject := strings.TrimSuffix(filepath.Base(path), ".json")
		vectors := load(t, path)
		t.Run(subject, func(t *testing.T) {
			run := subjects[subject]
			for i := range vectors {
				t.Run(vectors[i].Name, func(t *testing.T) {
					if run == nil {
						t.Fatalf("there is no reader for the subject %s", subject)
					}
					run(t, &vectors[i])
				})
			}
		})
	}
}
