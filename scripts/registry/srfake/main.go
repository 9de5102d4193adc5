// franz-go's schema registry for tests: in memory, written by nobody of this project. It compares no schemas: the words that
// follow the command say which ones it finds incompatible, by a text that is in them, as its README proposes.
//
// Prints its URL. Ends with its standard input.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/twmb/franz-go/pkg/sr/srfake"
)

func main() {
	registry := srfake.New()
	registry.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		compares := strings.HasPrefix(r.URL.Path, "/compatibility/")
		registers := strings.HasSuffix(r.URL.Path, "/versions")
		for _, word := range os.Args[1:] {
			if !strings.Contains(string(body), word) || !(compares || registers) {
				continue
			}
			w.Header().Set("Content-Type", "application/vnd.schemaregistry.v1+json")
			reason := word + " is not compatible"
			if compares {
				json.NewEncoder(w).Encode(map[string]any{"is_compatible": false, "messages": []string{reason}})
			} else {
				w.WriteHeader(http.StatusConflict)
				json.NewEncoder(w).Encode(map[string]any{"error_code": 409, "message": reason})
			}
			return true
		}
		return false
	})
	fmt.Println(registry.URL())
	io.Copy(io.Discard, os.Stdin)
	registry.Close()
}
