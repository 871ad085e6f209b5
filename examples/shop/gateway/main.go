// Gateway: what the shop's customers talk to. It passes every request to orders; `gateway get URL` makes one request from
// inside the cluster and says what came back.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "get" {
		get(os.Args[2])
		return
	}
	orders, err := url.Parse("http://orders:8080")
	if err != nil {
		log.Fatal(err)
	}
	log.Print("the gateway listens on :8080")
	log.Fatal(http.ListenAndServe(":8080", httputil.NewSingleHostReverseProxy(orders)))
}

// get prints a short body as it is, a long one as its length and digest beside the one that the sender promised.
func get(address string) {
	response, err := http.Get(address)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	if response.Header.Get("Content-Type") == "application/json" {
		io.Copy(os.Stdout, response.Body)
		return
	}
	digest := sha256.New()
	size, err := io.Copy(digest, response.Body)
	if err != nil {
		log.Fatalf("after %d bytes: %v", size, err)
	}
	fmt.Printf("{\"bytes\": %d, \"digest\": %q, \"promised\": %q}\n", size, hex.EncodeToString(digest.Sum(nil)), response.Trailer.Get("Digest"))
}
