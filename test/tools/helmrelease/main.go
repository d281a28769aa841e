// Tells whether Flux' helm-controller knows every field of HelmReleases: reads a JSON array of them, and writes the array of what is
// wrong with each: null, or one line.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	helm "github.com/fluxcd/helm-controller/api/v2"
	kjson "sigs.k8s.io/json"
)

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err)
	}
	var objects []json.RawMessage
	if err := json.Unmarshal(input, &objects); err != nil {
		fail(err)
	}
	problems := make([]*string, 0, len(objects))
	for _, object := range objects {
		problems = append(problems, problemOf(object))
	}
	if err := json.NewEncoder(os.Stdout).Encode(problems); err != nil {
		fail(err)
	}
}

func problemOf(object []byte) *string {
	var release helm.HelmRelease
	strict, err := kjson.UnmarshalStrict(object, &release)
	switch {
	case err != nil:
		return told(err.Error())
	case len(strict) > 0:
		return told(strict[0].Error())
	case release.APIVersion != helm.GroupVersion.String() || release.Kind != helm.HelmReleaseKind:
		return told("is no " + helm.HelmReleaseKind + " of " + helm.GroupVersion.String())
	}
	return nil
}

func told(problem string) *string {
	return &problem
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
