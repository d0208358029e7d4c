// Kubernetes renders kustomizations and reads what comes out as Kubernetes's own types, where a field that they do
// not have is an error; then it looks at what no type says: whether names lead somewhere and pods are confined.
//
//	kubernetes [-external KIND/NAME,...] FOLDER
//
// It prints what was rendered, or what is wrong, and ends with 1.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func run(folder string, external []string) ([]byte, []string, error) {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionLegacy // as kubectl does
	rendered, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, nil, err
	}
	set := newSet(external)
	for _, resource := range rendered.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			return nil, nil, err
		}
		if err := set.add(resource.GetKind(), resource.GetName(), text); err != nil {
			return nil, nil, err
		}
	}
	text, err := rendered.AsYaml()
	return text, set.check(), err
}

func main() {
	external := flag.String("external", "", "what somebody else makes: Secret/NAME, ConfigMap/NAME, with commas between")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	text, wrong, err := run(flag.Arg(0), strings.Split(*external, ","))
	if err != nil {
		wrong = append(wrong, err.Error())
	}
	for _, words := range wrong {
		fmt.Println(words)
	}
	if len(wrong) > 0 {
		os.Exit(1)
	}
	os.Stdout.Write(text)
}
